"""The map of the course: what its notebooks say about themselves."""

import re
from pathlib import Path
from typing import NamedTuple

import nbformat
from nbformat import NotebookNode

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"

NEEDS = re.compile(r"\*\*You need\*\* (.+?)(?:\n\n|$)", re.DOTALL)
TIME = re.compile(r"\*\*Time\*\*: ([^.]+)\..*?runs in ([^.]+?) on two CPU cores", re.DOTALL)
HEADING = re.compile(r"^(#{1,3}) (.+)$", re.MULTILINE)
CHECK = re.compile(r'^check\("([^"]+)"', re.MULTILINE)


class Check(NamedTuple):
    """A graded cell: an exercise, or one part of it."""

    slug: str
    points: int
    section: str
    heading: str
    """The heading of its exercise, as it stands in the notebook."""
    cell_id: str
    """The cell with that heading."""

    @property
    def title(self) -> str:
        """The heading without "Exercise 1 · "."""
        return self.heading.partition(" · ")[2] or self.heading


class Chapter(NamedTuple):
    """One notebook of the course."""

    path: str
    """From the folder of notebooks."""
    title: str
    needs: str
    learner_time: str
    """An estimate."""
    run_time: str
    """Measured: all cells of the finished notebook on two CPU cores."""
    checks: tuple[Check, ...]

    @property
    def number(self) -> str:
        """How the name begins: 01, 02, ..."""
        return self.path[:2]

    @property
    def points(self) -> int:
        """The points that there are to earn."""
        return sum(check.points for check in self.checks)

    @property
    def exercises(self) -> dict[str, list[Check]]:
        """The checks of each exercise, by its heading."""
        headings = dict.fromkeys(check.heading for check in self.checks)
        return {h: [check for check in self.checks if check.heading == h] for h in headings}


def course_map(folder: Path = NOTEBOOKS) -> list[Chapter]:
    """The notebooks in ``folder``, in their order. One that cannot be read has no checks."""
    paths = sorted(path for path in folder.glob("[0-9]*/*.ipynb") if path.stem == path.parent.name)
    return [_chapter(path) for path in paths]


def _chapter(path: Path) -> Chapter:
    place = f"{path.stem}/{path.name}"
    try:
        cells = nbformat.read(path, as_version=4).cells
        text = cells[0].source
        title, needs, times = HEADING.search(text), NEEDS.search(text), TIME.search(text)
        return Chapter(
            place,
            title[2] if title else path.stem,
            " ".join(needs[1].replace("`", "").split()) if needs else "",
            *(times.groups() if times else ("", "")),
            tuple(_checks(cells)),
        )
    except Exception:  # a learner may have edited the file; nbformat raises whatever it meets
        return Chapter(place, path.stem, "a fresh copy: this one cannot be read", "", "", ())


def _checks(cells: list[NotebookNode]) -> list[Check]:
    checks, section, heading, cell_id = [], "", "", ""
    for cell in cells:
        if cell.cell_type == "markdown":
            for level, text in HEADING.findall(cell.source):
                section = text if level == "##" else section
                if text.startswith("Exercise "):
                    heading, cell_id = text, cell.get("id", "")
        elif cell.metadata.get("nbgrader", {}).get("grade"):
            points = int(cell.metadata.nbgrader.points)
            for slug in CHECK.findall(cell.source):
                checks.append(Check(slug, points, section, heading, cell_id))
    return checks

"""Submissions that attack the marking, meet with accidents, or are honest and look odd.

A case is a function that edits a `Work`, the notebook with the right answers in it, or returns the
bytes that are handed in instead. The decorator `case` registers it with what must come out of it.
The modules that register cases are named in `MODULES`.
"""

import copy
import importlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from textwrap import dedent

import nbformat
from nbformat import NotebookNode

from course_tools.example_class import answer, right_answers
from course_tools.gradebook import ROOT

FIRST = "01_conditional_classifier"
MODULES = (
    "forge_names",
    "forge_notebook",
    "forge_evidence",
    "forge_gpu",
    "forge_request",
    "steal",
    "steal_files",
    "harm",
    "harm_floods",
    "harm_others",
    "harm_pages",
    "break_code",
    "break_python",
    "break_files",
    "honest",
    "honest_python",
)


@dataclass(frozen=True)
class Scene:
    """What cases may know of the place where they are marked, as an insider might.

    ``secret`` is a file outside ``root``, and ``victim`` another student's notebook.
    """

    root: Path
    home: Path
    secret: Path
    victim: Path
    port: int = 0
    abstract: str = ""
    pid: int = 0


@dataclass
class Work:
    """A submission in the making: ``folder`` is submitted/STUDENT/NOTEBOOK."""

    notebook: NotebookNode
    folder: Path
    scene: Scene

    @property
    def path(self) -> Path:
        """Where the notebook will lie."""
        return self.folder / f"{self.folder.name}.ipynb"

    def cell(self, grade_id: str) -> NotebookNode:
        """The solution or test cell with this id."""
        return self.notebook.cells[self.place(grade_id)]

    def place(self, grade_id: str) -> int:
        """Where in the notebook that cell stands."""
        ids = [c.metadata.get("nbgrader", {}).get("grade_id") for c in self.notebook.cells]
        return ids.index(grade_id)

    def answer(self, slug: str, source: str) -> None:
        """Write another answer to exercise ``slug``."""
        self.cell(slug).source = dedent(source).strip()

    def extend(self, slug: str, above: str = "", below: str = "") -> None:
        """Write code above and below the right answer, in its own cell."""
        cell = self.cell(slug)
        cell.source = "\n".join((dedent(above), cell.source, dedent(below))).strip()

    def add(self, source: str, before: str = "", type: str = "code") -> NotebookNode:
        """Add an own cell before the solution cell ``before``, or at the end; returns it."""
        make = {
            "code": nbformat.v4.new_code_cell,
            "markdown": nbformat.v4.new_markdown_cell,
            "raw": nbformat.v4.new_raw_cell,
        }[type]
        place = self.place(before) if before else len(self.notebook.cells)
        self.notebook.cells.insert(place, make(dedent(source).strip()))
        return self.notebook.cells[place]


Edit = Callable[[Work], bytes | None]


@dataclass(frozen=True)
class Case:
    """One submission and what must come out of it.

    ``none``, ``less`` and ``free`` name exercises, or "*" for all: they must earn nothing, must not
    earn all, or may earn anything. All others must earn full marks. No exercise in ``less`` passes
    the criterion ``misses``. Of the kinds of incidents in ``reports`` one must be reported. An
    honest case must have none but those in ``allows``. If ``problem``, the submission cannot be
    marked; if None, it need not be. ``says`` is in what its cells print. Cases of one ``group``
    edit one submission in turn, since each takes seconds to mark.
    """

    name: str
    kind: str
    edit: Edit
    notebook: str = FIRST
    none: tuple[str, ...] = ()
    less: tuple[str, ...] = ()
    free: tuple[str, ...] = ()
    misses: str = ""
    reports: tuple[str, ...] = ()
    allows: tuple[str, ...] = ()
    problem: bool | None = False
    says: str = ""
    student: str = ""
    group: str = ""


def verdict(cases: Iterable[Case], test: str) -> str:
    """What the test cell ``test`` of a submission must earn: 'none', 'less', 'free' or 'full'."""
    for all_of_them in (False, True):
        for word in ("none", "less", "free"):
            named = [exercise for one in cases for exercise in getattr(one, word)]
            if "*" in named if all_of_them else any(_covers(name, test) for name in named):
                return word
    return "full"


def _covers(exercise: str, test: str) -> bool:
    return test in (exercise, f"{exercise}-test") or test.startswith(f"{exercise}-test-")


CASES: list[Case] = []


def case(kind: str, **expects: object) -> Callable[[Edit], Edit]:
    """Register a case; a single name may stand for a tuple of one."""

    def register(edit: Edit) -> Edit:
        plural = ("none", "less", "free", "reports", "allows")
        values = {
            name: tuple(value.split()) if name in plural and isinstance(value, str) else value
            for name, value in expects.items()
        }
        CASES.append(Case(edit.__name__.strip("_"), kind, edit, **values))
        return edit

    return register


def all_cases() -> list[Case]:
    """Every case, kinds mixed, so that attacks stand beside honest work."""
    for module in MODULES:
        importlib.import_module(f"attacks.{module}")
    rank: dict[str, int] = {}
    order = {}
    for one in CASES:
        rank[one.kind] = rank.get(one.kind, 0) + 1
        order[one.name] = rank[one.kind]
    return sorted(CASES, key=lambda one: (order[one.name] / rank[one.kind], one.name))


@cache
def _right(name: str) -> NotebookNode:
    """The notebook with the right answers; callers copy it."""
    blank = (ROOT / "notebooks" / name / f"{name}.ipynb").read_text()
    return nbformat.reads(answer(blank, right_answers(name)), 4)


def hand_in(cases: Sequence[Case], student: str, scene: Scene) -> None:
    """Write the submission of ``student``, which all ``cases`` edit, below the scene's root."""
    name = cases[0].notebook
    folder = scene.root / "submitted" / student / name
    folder.mkdir(parents=True)
    work = Work(copy.deepcopy(_right(name)), folder, scene)
    for one in cases:
        content = one.edit(work)
    if content is None:
        content = nbformat.writes(work.notebook).encode("utf-8", "surrogatepass")
    if content:
        work.path.write_bytes(content)

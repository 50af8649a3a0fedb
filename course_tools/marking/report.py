"""The page that an instructor reads after marking.

The page needs nothing but the pictures beside it, and runs no scripts. What comes from submissions
is hostile text: the template escapes all of it.
"""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from matplotlib.figure import Figure

from course_tools.marking.criteria import Exercise, count_criteria, draw, in_words
from course_tools.marking.outcome import KINDS, Outcome
from course_tools.marking.similar import Pair
from course_tools.marking.tables import Row, exercises_of, rows_by_notebook
from course_utils.saved import write_whole


def write_report(
    folder: Path, rows: Sequence[Row], outcomes: Sequence[Outcome], similar: Sequence[Pair]
) -> Path:
    """Write ``folder``/index.html and its pictures, and return where the page is.

    ``rows`` are the marks of the gradebook, ``outcomes`` say how the marking went.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.png"):  # of a notebook that is no longer there
        old.unlink()
    counts = count_criteria(outcomes)
    for notebook, exercises in counts.items():
        for dark in (False, True):
            write_whole(folder / picture(notebook, dark), _png(draw(exercises, dark)))
    environment = Environment(
        loader=PackageLoader("course_tools.marking", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("report.html").render(
        notebooks=_notebooks(rows, counts),
        not_marked=[row for row in rows if row.problem],
        incidents=[(outcome, incident) for outcome in outcomes for incident in outcome.incidents],
        notes=[
            (outcome, cell, mark.note)
            for outcome in outcomes
            for cell, mark in outcome.marks.items()
            if mark.note
        ],
        kinds=KINDS,
        similar=similar,
        students=len({row.student for row in rows if row.notebook}),
        picture=picture,
    )
    # Names and code may hold halves of characters, which no encoding knows.
    write_whole(folder / "index.html", page.encode("utf-8", errors="replace"))
    return folder / "index.html"


def picture(notebook: str, dark: bool) -> str:
    """The name of the file with a notebook's criteria."""
    return f"{notebook}{'-dark' if dark else ''}.png"


def _notebooks(
    rows: Sequence[Row], counts: Mapping[str, Sequence[Exercise]]
) -> list[dict[str, object]]:
    """What the page shows of each notebook that has marks."""
    found = []
    for name, own in rows_by_notebook(rows).items():
        exercises = exercises_of(own)
        criteria = counts.get(name, [])
        found.append(
            {
                "name": name,
                "rows": sorted(own, key=lambda row: row.student),
                "exercises": exercises,
                "most": sum(exercise.most for exercise in exercises),
                "mean": sum(row.total for row in own) / len(own),
                "criteria": criteria,
                "words": in_words(criteria) if criteria else "",
            }
        )
    return found


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    # No version in the file: the same figure gives the same bytes.
    figure.savefig(buffer, format="png", dpi=125, metadata={"Software": None})
    return buffer.getvalue()

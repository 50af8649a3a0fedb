"""The marks as a table in the terminal, and as two files for a spreadsheet or an LMS."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from course_utils.saved import write_whole

Marks = dict[str, tuple[float, float]]
"""Exercise -> (marks, marks to earn), in the order of the notebook."""


class Row(NamedTuple):
    """One submission; ``problem`` says in one sentence why it has no marks."""

    student: str
    notebook: str
    problem: str = ""
    marks: Marks = {}  # noqa: RUF012 (nobody changes it)

    @property
    def total(self) -> float:
        """All marks together."""
        return sum(got for got, _ in self.marks.values())

    @property
    def most(self) -> float:
        """What there was to earn."""
        return sum(most for _, most in self.marks.values())


def rows_by_notebook(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """The rows that have marks, by the notebook's name, in the order of the names."""
    found: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: row.notebook):
        if row.marks:
            found.setdefault(row.notebook, []).append(row)
    return found


class Exercise(NamedTuple):
    """An exercise of a notebook: what there is to earn, and what the class earned on average."""

    name: str
    most: float
    mean: float


def exercises_of(rows: Iterable[Row]) -> list[Exercise]:
    """The exercises of one notebook's rows, in their order."""
    marks: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        for name, values in row.marks.items():
            marks.setdefault(name, []).append(values)
    return [
        Exercise(name, max(most for _, most in pairs), sum(got for got, _ in pairs) / len(pairs))
        for name, pairs in marks.items()
    ]


LONGEST_NAME = 40


def print_table(notebook: str, rows: Iterable[Row]) -> None:
    """Print the marks of one notebook: a numbered list of exercises, then a row per student."""
    rows = [row for row in rows if row.notebook == notebook and row.marks]
    exercises = exercises_of(rows)
    wide = max((len(exercise.name) for exercise in exercises), default=0)
    print(f"\n{notebook}")
    for number, (name, most, mean) in enumerate(exercises, start=1):
        print(f"  {number:>2}  {name:{wide}}  {most:2g} points, mean {mean:.1f}")
    table = [
        ["", *map(str, range(1, len(exercises) + 1)), f"of {sum(e.most for e in exercises):g}"]
    ]
    for row in rows:
        points = (f"{row.marks[e.name][0]:g}" if e.name in row.marks else "-" for e in exercises)
        table.append([_fitted(row.student), *points, f"{row.total:g}"])
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for name, *points, total in table:
        cells = "".join(f" {cell:>{w}}" for cell, w in zip(points, widths[1:-1], strict=True))
        print(f"  {name:{widths[0]}} {cells}   {total:>{widths[-1]}}")


def _fitted(name: str) -> str:
    """The name of a folder, for a terminal: no control characters, and not too long."""
    name = "".join(character if character.isprintable() else "?" for character in name)
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def write_marks(path: Path, rows: Iterable[Row]) -> None:
    """Write a row per submission and exercise; what could not be marked has its reason.

    In plain UTF-8, for programs.
    """
    table: list[Sequence[object]] = [
        ("student", "notebook", "exercise", "marks", "of", "problem"),
    ]
    for row in rows:
        if row.problem or not row.marks:
            table.append((row.student, row.notebook, "", "", "", row.problem))
        for exercise, (got, most) in row.marks.items():
            table.append((row.student, row.notebook, exercise, got, most, ""))
    _write(path, table)


def write_totals(path: Path, rows: Iterable[Row], notebooks: Sequence[str]) -> None:
    """Write a row per student for an LMS: the total of each of ``notebooks``, and of all.

    What was not handed in or could not be marked is empty. The heads say what there is to earn:
    an LMS would take a second line of heads for a student.
    """
    rows = list(rows)
    most = {
        name: max((r.most for r in rows if r.notebook == name), default=0) for name in notebooks
    }
    heads = [f"{name} (of {most[name]:g})" if most[name] else name for name in notebooks]
    totals: dict[str, dict[str, float]] = {row.student: {} for row in rows}
    for row in rows:
        if row.marks and row.notebook in most:
            totals[row.student][row.notebook] = row.total
    table: list[Sequence[object]] = [("student", *heads, "total")]
    for student, marks in sorted(totals.items()):
        whole = sum(marks.values()) if marks else ""
        table.append((student, *(marks.get(name, "") for name in notebooks), whole))
    # With a byte-order mark Excel reads "Zoë" right; Moodle, Canvas and pandas skip it.
    _write(path, table, encoding="utf-8-sig")


FORMULA = re.compile(r"(^|[;\t\r\n])(?= *[=+\-@\t\r])")
"""Where a spreadsheet would begin a formula. Some split cells at semicolons, so there too."""


def _cell(value: object) -> str:
    return FORMULA.sub(r"\1'", value) if isinstance(value, str) else f"{value:g}"


def _write(path: Path, table: Iterable[Sequence[object]], encoding: str = "utf-8") -> None:
    text = io.StringIO(newline="")  # the writer ends lines with CR LF, as RFC 4180 and Excel do
    csv.writer(text).writerows([_cell(value) for value in values] for values in table)
    write_whole(path, text.getvalue().encode(encoding, errors="replace"))

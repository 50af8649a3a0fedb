"""What an instructor gets to see when a class is marked: all of it comes from here."""

import os
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.api import MissingEntry
from nbgrader.apps import NbGraderAPI

from course_tools.marking.course import given, names
from course_tools.marking.feedback import write_feedback
from course_tools.marking.outcome import Outcome, printable
from course_tools.marking.report import write_report
from course_tools.marking.similar import Pair, find_similar
from course_tools.marking.tables import (
    Row,
    print_table,
    rows_by_notebook,
    write_marks,
    write_totals,
)
from course_utils.needed_cells import graded


def tell(root: Path, nbgrader: NbGraderAPI, outcomes: list[Outcome], workers: int) -> None:
    """Print and write everything; ``workers`` (0: one per core) make the feedback pages."""
    rows = [_row(nbgrader, outcome) for outcome in outcomes]
    fine = [(o.student, o.notebook) for o in outcomes if not o.problem]
    write_feedback(root, fine, nbgrader.coursedir.db_url, workers or os.cpu_count() or 1)
    for notebook, of_notebook in rows_by_notebook(rows).items():
        print_table(notebook, of_notebook)
    problems = [outcome for outcome in outcomes if outcome.problem]
    if problems:
        print("\nNot marked:")
    for outcome in problems:
        print(printable(f"{outcome.student} {outcome.notebook}: {outcome.problem}"))
    incidents = [(o, incident) for o in outcomes for incident in o.incidents]
    if incidents:
        print("\nTo know:")
    for outcome, incident in incidents:
        print(printable(f"{outcome.student} {outcome.notebook} {incident.cell}: {incident.text}"))
    write_marks(root / "marks.csv", rows)
    write_totals(root / "grades.csv", rows, names())
    write_report(root / "report", rows, outcomes, _similar(root, outcomes))
    print(f"\nMarks: {root / 'marks.csv'}, and one row per student: {root / 'grades.csv'}")
    print(f"Report: {root / 'report' / 'index.html'}\nFeedback pages: {root / 'feedback'}")


def _row(nbgrader: NbGraderAPI, outcome: Outcome) -> Row:
    """The marks in the gradebook, manual ones among them, in the order of the notebook."""
    if outcome.problem:
        return Row(outcome.student, outcome.notebook, outcome.problem)
    with nbgrader.gradebook as gradebook:
        try:
            entry = gradebook.find_submission_notebook(
                outcome.notebook, outcome.notebook, outcome.student
            )
        except MissingEntry:
            return Row(outcome.student, outcome.notebook, "is not in the gradebook.")
        order = {cell.name: place for place, cell in enumerate(entry.notebook.source_cells)}
        grades = sorted(entry.grades, key=lambda grade: order.get(grade.name, 0))
        marks = {g.name.replace("-test", ""): (g.score, g.max_score) for g in grades}
    return Row(outcome.student, outcome.notebook, marks=marks)


def _similar(root: Path, outcomes: list[Outcome]) -> list[Pair]:
    """Near-identical answers, over all notebooks."""
    pairs = []
    for name in sorted({o.notebook for o in outcomes if not o.problem}):
        students = [o.student for o in outcomes if o.notebook == name and not o.problem]
        paths = {s: root / "autograded" / s / name / f"{name}.ipynb" for s in students}
        answers = {s: _answers(nbformat.read(path, as_version=4)) for s, path in paths.items()}
        pairs += find_similar(name, answers, _answers(given(name).notebook))
    return pairs


def _answers(notebook: NotebookNode) -> dict[str, str]:
    return {
        cell.metadata.nbgrader.grade_id: cell.source
        for cell in notebook.cells
        if graded(cell, "solution")
    }

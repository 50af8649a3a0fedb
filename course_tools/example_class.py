"""A small class of made-up students, to try the marking on."""

import shutil
from collections.abc import Iterable
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode

from course_tools.gradebook import ROOT, SOLUTIONS

WRONG_ANSWERS = Path(__file__).parent / "wrong_answers"


ALL = tuple(path.stem for path in sorted(WRONG_ANSWERS.glob("*.py")))


def make_class(root: Path, names: Iterable[str] = ALL) -> None:
    """Write ``root``/submitted for five students and the notebooks ``names``.

    One hands in right answers, one every second one right, one only wrong ones, one the notebook
    as it was given out, and one a file that broke off half way.
    """
    shutil.rmtree(root, ignore_errors=True)
    for name in names:
        blank = (ROOT / "notebooks" / name / f"{name}.ipynb").read_text()
        right = right_answers(name)
        wrong = wrong_answers(name)
        mixed = {slug: (wrong if i % 2 else right)[slug] for i, slug in enumerate(right)}
        for student, text in {
            "ada-right": answer(blank, right),
            "ben-partly-right": answer(blank, mixed),
            "cem-wrong": answer(blank, wrong),
            "dot-blank": blank,
            "eva-broken": blank[: len(blank) // 2],
        }.items():
            folder = root / "submitted" / student / name
            folder.mkdir(parents=True)
            (folder / f"{name}.ipynb").write_text(text)


def right_answers(name: str) -> dict[str, str]:
    """The reference answers of the notebook ``name``, by exercise."""
    reference = nbformat.read(SOLUTIONS / name / f"{name}.ipynb", as_version=4)
    return {
        cell.metadata.nbgrader.grade_id: cell.source
        for cell in reference.cells
        if cell.metadata.get("nbgrader", {}).get("solution")
    }


def wrong_answers(name: str) -> dict[str, str]:
    """Wrong answers to the exercises of the notebook ``name``, by exercise."""
    cells = jupytext.read(WRONG_ANSWERS / f"{name}.py", fmt="py:percent").cells
    return {cell.metadata.exercise: cell.source for cell in cells}


def answer(blank: str, answers: dict[str, str]) -> str:
    """The notebook ``blank`` with the source of its solution cells replaced, by exercise."""
    notebook: NotebookNode = nbformat.reads(blank, as_version=4)
    for cell in notebook.cells:
        slug = cell.metadata.get("nbgrader", {}).get("grade_id")
        if slug in answers:
            cell.source = answers[slug]
    return nbformat.writes(notebook)

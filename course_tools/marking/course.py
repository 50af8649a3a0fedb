"""The course's own notebooks, as marking needs them: with stubs and with hidden tests."""

from functools import cache
from typing import NamedTuple

import nbformat
from nbformat import NotebookNode
from nbgrader.preprocessors import (
    ClearHiddenTests,
    ClearOutput,
    ClearSolutions,
    ComputeChecksums,
    LockCells,
)
from traitlets.config import Config, PyFileConfigLoader

from course_tools.gradebook import ROOT, SOLUTIONS
from course_utils.needed_cells import graded


class Given(NamedTuple):
    """A notebook of the course.

    ``notebook`` has stubs for solutions, and its hidden tests; ``visible`` has the source of each
    test cell as learners see it, by grade id.
    """

    notebook: NotebookNode
    visible: dict[str, str]


@cache
def given(name: str) -> Given:
    """The notebook ``name`` of the course. Raises ValueError, with all names, if there is none."""
    path = SOLUTIONS / name / f"{name}.ipynb"
    if not path.is_file():
        raise ValueError(f"The course has no notebook {name}: the names are {', '.join(names())}.")
    config = configuration()
    notebook = nbformat.read(path, as_version=4)
    for preprocessor in (LockCells, ClearSolutions, ClearOutput, ComputeChecksums):
        notebook, _ = preprocessor(config=config).preprocess(notebook, {})
    shown, _ = ClearHiddenTests(config=config).preprocess(nbformat.from_dict(notebook), {})
    visible = {
        cell.metadata.nbgrader.grade_id: cell.source
        for cell in shown.cells
        if graded(cell, "grade")
    }
    return Given(notebook, visible)


@cache
def configuration() -> Config:
    """nbgrader's configuration of this course."""
    return PyFileConfigLoader("nbgrader_config.py", path=str(ROOT)).load_config()


def names() -> list[str]:
    """The notebooks of the course."""
    return sorted(path.stem for path in SOLUTIONS.glob("*/*.ipynb"))

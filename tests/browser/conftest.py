"""JupyterLab with the course in it, as `make lab` opens it, in a browser."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from browser.lab import Lab, browser_page
from course_tools.example_class import ALL, answer, right_answers, wrong_answers
from course_tools.gradebook import ROOT


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as learners have it; ``right`` and ``wrong`` hold notebooks with such answers."""
    root = tmp_path_factory.mktemp("course")
    for name in ("nbgrader_config.py", "course_utils"):
        (root / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "notebooks", root / "notebooks")
    for name in ALL:
        blank = (ROOT / "notebooks" / name / f"{name}.ipynb").read_text()
        for kind, answers in (("right", right_answers(name)), ("wrong", wrong_answers(name))):
            path = root / "notebooks" / kind / f"{name}.ipynb"
            path.parent.mkdir(exist_ok=True)
            path.write_text(answer(blank, answers))
    return root


@pytest.fixture(scope="module")
def lab(course: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with browser_page() as page:
        root = f"--ServerApp.root_dir={course / 'notebooks'}"
        found = Lab(page, course, tmp_path_factory.mktemp("lab"), root, COURSE_SAVED=str(course))
        yield found
        found.close()


def code_cells(path: Path) -> list[nbformat.NotebookNode]:
    """The code cells of a notebook's file, in order."""
    notebook = nbformat.read(path, as_version=4)
    return [cell for cell in notebook.cells if cell.cell_type == "code"]

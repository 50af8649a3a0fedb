"""The walk through the course runs the notebooks in order; one finds what another has saved."""

import json

import nbformat
import pytest
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_notebook

from course_tools import walk_through

SAVES = """
from course_utils.progress import record
from course_utils.saved import saved_folder

(saved_folder() / "number").write_text(str(answer))
record("one-hot")
"""
FINDS = """
from course_utils.saved import saved_folder

number = int((saved_folder() / "number").read_text())
assert number == answer
"""


def write(folder, name, *sources):
    """A notebook whose first cell is an exercise."""
    cells = [new_code_cell(source) for source in sources]
    cells[0].metadata = {"nbgrader": {"grade_id": "one-hot", "solution": True}}
    path = folder / name / f"{name}.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(new_notebook(cells=cells), path)


@pytest.fixture
def course(tmp_path, monkeypatch):
    """Two notebooks; the answer that a learner has to give is 3 in both."""
    for name, source in (("01_saves", SAVES), ("02_finds", FINDS)):
        write(tmp_path / "notebooks", name, "raise NotImplementedError", source)
    monkeypatch.setattr(walk_through, "NOTEBOOKS", tmp_path / "notebooks")
    monkeypatch.setattr(walk_through, "names", lambda: ["01_saves", "02_finds"])
    answers = {"01_saves": 3, "02_finds": 3}
    monkeypatch.setattr(
        walk_through, "right_answers", lambda name: {"one-hot": f"answer = {answers[name]}"}
    )
    return answers


def test_answers_are_put_in_and_what_is_saved_is_found(course, tmp_path, capsys):
    walk = tmp_path / "walk"
    seconds = walk_through.walk(walk)
    assert list(seconds) == ["01_saves", "02_finds"]
    assert (walk / "saved" / "number").read_text() == "3"
    assert json.loads((walk / "saved" / "progress.json").read_text()).keys() == {"one-hot"}
    assert "02_finds: " in capsys.readouterr().out
    done = nbformat.read(walk / "01_saves" / "01_saves.ipynb", as_version=4)
    assert done.cells[0].source == "answer = 3"
    assert done.cells[1].execution_count == 2


def test_a_cell_that_fails_ends_the_walk(course, tmp_path):
    course["02_finds"] = 4
    with pytest.raises(CellExecutionError, match="number == answer"):
        walk_through.walk(tmp_path / "walk")

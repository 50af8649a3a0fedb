"""Which cells run when a notebook is validated."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course_tools.gradebook import ROOT
from course_utils.needed_cells import leave_out_the_rest, names, needed

IMPORTS = "from course_utils import check\nimport torch\nfrom torch import nn"
SOLUTION = "class Net(nn.Module):\n    size = torch.ones(width)"
TRAINING = "net = Net()\nlosses = [train(net) for _ in range(100)]"


def graded(source, kind):
    cell = new_code_cell(source)
    cell.metadata["nbgrader"] = {
        "grade_id": "x",
        "solution": kind == "solution",
        "grade": kind == "grade",
    }
    return cell


def left(*own):
    """The sources that remain of a notebook with these cells of the learner's own."""
    cells = [new_markdown_cell("text"), *(new_code_cell(c) for c in (IMPORTS, *own))]
    cells += [graded(SOLUTION, "solution"), new_code_cell(TRAINING)]
    notebook = new_notebook(cells=[*cells, graded('check("net", Net)', "grade")])
    leave_out_the_rest(notebook)
    assert len(notebook.cells) == len(cells) + 1
    return [cell.source for cell in notebook.cells if cell.cell_type == "code" and cell.source]


CHECKED = [SOLUTION, 'check("net", Net)']


@pytest.mark.parametrize(
    "own",
    [
        ["width = 3"],
        ["def helper():\n    return 3", "width = helper()"],
        ["width = 3", "nn.Module.size = 4"],
        ["width = 3", "torch.backends.cudnn.enabled = False"],
        ["for width in range(3):\n    pass"],
        ["%time width = 3"],
    ],
)
def test_what_the_answers_need_runs(own):
    assert left(*own) == [IMPORTS, *own, *CHECKED]


@pytest.mark.parametrize(
    "own", [["print(1)"], ["nothing_needs_this = 3"], ["1 +"], ["losses[0].item = 3"]]
)
def test_what_no_check_needs_does_not(own):
    assert left(*own) == [IMPORTS, *CHECKED]


def test_who_may_use_any_name_needs_everything():
    assert needed(["a = 1", "b = 2"], {"globals"}) == [0, 1]
    assert left("width = eval('3')", "b = 2") == [IMPORTS, "width = eval('3')", *CHECKED]
    assert names("globals()['x'] = 1")[1] == {"globals"}


@pytest.mark.parametrize("path", sorted(ROOT.glob("solutions/*/*.ipynb")), ids=lambda p: p.stem[:2])
def test_of_the_course_only_the_import_cell_is_needed_beside_the_answers(path):
    """This is what makes *Validate* quick."""
    notebook = nbformat.read(path, as_version=4)
    imports = next(cell for cell in notebook.cells if cell.source.startswith("import "))
    leave_out_the_rest(notebook)
    rest = [
        cell.source
        for cell in notebook.cells
        if cell.cell_type == "code" and cell.source and "nbgrader" not in cell.metadata
    ]
    assert rest == [imports.source]

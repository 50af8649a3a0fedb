"""Submitted notebooks get the graded cells back that they were given out with."""

import copy

import nbformat
import pytest

from course_tools.build import NOTEBOOKS
from course_tools.marking.restore import changes, restored

NAME = "01_conditional_classifier"
GIVEN = nbformat.read(NOTEBOOKS / NAME / f"{NAME}.ipynb", as_version=4)


def graded(notebook):
    return [cell for cell in notebook.cells if "nbgrader" in cell.metadata]


def place_of(notebook, grade_id):
    ids = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in notebook.cells]
    return ids.index(grade_id)


@pytest.fixture
def submitted():
    """A notebook with an answer to every exercise."""
    notebook = copy.deepcopy(GIVEN)
    for cell in graded(notebook):
        if cell.metadata.nbgrader.solution:
            cell.source = f"answer = '{cell.id}'"
    return notebook


def double_the_tests(cells):
    cells += [copy.deepcopy(cell) for cell in cells if cell.id.endswith("-test")]


def add_an_old_stub(cells):
    cells.append(copy.deepcopy(next(cell for cell in GIVEN.cells if cell.id == "one-hot")))


def delete_all_tests(cells):
    cells[:] = [cell for cell in cells if "-test" not in cell.id]


def edit(cells):
    for cell in cells:
        if "-test" in cell.id:
            cell.source = "grade = 100"
            cell.metadata.nbgrader.points = "six"


def empty_the_metadata(cells):
    for cell in cells:
        cell.metadata = nbformat.from_dict({})


def empty_nbgrader(cells):
    for cell in graded(nbformat.from_dict({"cells": cells})):
        cell.metadata.nbgrader = nbformat.from_dict({})


def old_schema(cells):
    for cell in graded(nbformat.from_dict({"cells": cells})):
        cell.metadata.nbgrader.schema_version = 1


def odd_metadata(cells):
    for cell, odd in zip(cells, [None, "text", 3] * 100, strict=False):
        cell.metadata["nbgrader"] = odd


def reverse(cells):
    cells.reverse()


def cells_of_their_own(cells):
    own = nbformat.v4.new_code_cell("mine = 1")
    own.metadata["nbgrader"] = {"grade": True, "grade_id": "mine", "points": 99, "locked": False}
    cells.insert(0, own)


ACCIDENTS = [
    double_the_tests,
    add_an_old_stub,
    delete_all_tests,
    edit,
    empty_the_metadata,
    empty_nbgrader,
    old_schema,
    odd_metadata,
    reverse,
    cells_of_their_own,
]


@pytest.mark.parametrize("accident", ACCIDENTS, ids=lambda accident: accident.__name__)
def test_after_an_accident_all_answers_are_there_with_their_tests(submitted, accident):
    accident(submitted.cells)
    result = restored(submitted, GIVEN)
    nbformat.validate(result)
    expected = {cell.id: cell for cell in graded(GIVEN)}
    assert {cell.id for cell in graded(result)} == set(expected)
    assert len(graded(result)) == len(expected)
    for cell in graded(result):
        assert cell.metadata == expected[cell.id].metadata
        if cell.metadata.nbgrader.solution:
            assert cell.source == f"answer = '{cell.id}'"
            after = result.cells[place_of(result, cell.id) + 1]
            assert after.id.startswith(f"{cell.id}-test")
        else:
            assert cell.source == expected[cell.id].source


@pytest.mark.parametrize("with_test", [True, False])
def test_an_answer_in_a_cell_of_its_own_keeps_its_test_after_it(submitted, with_test):
    place = place_of(submitted, "one-hot")
    submitted.cells[place] = nbformat.v4.new_code_cell("def one_hot(): ...")
    if not with_test:
        del submitted.cells[place + 1]
    result = restored(submitted, GIVEN)
    sources = [cell.source for cell in result.cells]
    assert sources.index("def one_hot(): ...") < place_of(result, "one-hot-test")
    assert not any(
        "NotImplementedError" in cell.source
        for cell in result.cells
        if "def one_hot" in cell.source
    )
    assert len(graded(result)) == len(graded(GIVEN)) - 1


def test_own_cells_stay_where_they_were(submitted):
    place = place_of(submitted, "inject-label")
    submitted.cells.insert(place, nbformat.v4.new_code_cell("helper = 3"))
    result = restored(submitted, GIVEN)
    before = result.cells[place_of(result, "inject-label") - 1]
    assert before.source == "helper = 3"


def test_the_submission_itself_is_not_changed(submitted):
    before = copy.deepcopy(submitted)
    restored(submitted, GIVEN)
    assert submitted == before


def test_an_answer_between_the_stub_and_its_test_comes_before_the_test(submitted):
    place = place_of(submitted, "one-hot")
    submitted.cells[place] = copy.deepcopy(next(c for c in GIVEN.cells if c.id == "one-hot"))
    submitted.cells.insert(place + 1, nbformat.v4.new_code_cell("def one_hot(): ..."))
    sources = [cell.source for cell in restored(submitted, GIVEN).cells]
    assert sources.index("def one_hot(): ...") < place_of(
        restored(submitted, GIVEN), "one-hot-test"
    )


def test_a_test_above_its_answer_follows_it(submitted):
    place = place_of(submitted, "one-hot-test")
    submitted.cells.insert(0, submitted.cells.pop(place))
    result = restored(submitted, GIVEN)
    assert place_of(result, "one-hot-test") == place_of(result, "one-hot") + 1


VISIBLE = {c.id: c.source for c in GIVEN.cells if "-test" in c.id}


def test_an_untouched_notebook_has_no_changes(submitted):
    assert changes(submitted, GIVEN, VISIBLE) == []


def rename(cells):
    cells[:] = [cell for cell in cells if cell.id != "one-hot-test"]


def edit_one(cells):
    next(cell for cell in cells if cell.id == "one-hot-test").source = "grade = 100"


def double_one(cells):
    cells.append(copy.deepcopy(next(cell for cell in cells if cell.id == "one-hot-test")))


def more_points(cells):
    next(c for c in cells if c.id == "one-hot-test").metadata.nbgrader.points = 10_000


def no_points(cells):
    next(c for c in cells if c.id == "one-hot-test").metadata.nbgrader.points = float("nan")


@pytest.mark.parametrize(
    ("accident", "says"),
    [
        (rename, "was missing"),
        (edit_one, "was edited"),
        (double_one, "was there 2 times"),
        (more_points, "had 10000 points"),
        (no_points, "had nan points"),
    ],
)
def test_what_had_become_of_a_test_is_told(submitted, accident, says):
    accident(submitted.cells)
    (incident,) = changes(submitted, GIVEN, VISIBLE)
    assert (incident.cell, incident.kind) == ("one-hot-test", "restored")
    assert says in incident.text


def test_another_order_is_told(submitted):
    reverse(submitted.cells)
    assert [incident.text for incident in changes(submitted, GIVEN, VISIBLE)] == [
        "Graded cells stood in another order."
    ]


@pytest.mark.parametrize("kind", ["markdown", "raw"])
def test_texts_of_the_learners_own_are_shown_as_they_were_typed(submitted, kind):
    text = "<script>alert(1)</script>\n\n[x](javascript:alert(1))\x0b# no heading"
    make = {"markdown": nbformat.v4.new_markdown_cell, "raw": nbformat.v4.new_raw_cell}[kind]
    submitted.cells.insert(0, make(text))
    shown = restored(submitted, GIVEN).cells[0]
    assert shown.cell_type == "markdown"
    assert all(line.startswith("    ") for line in shown.source.splitlines())


def test_texts_of_the_course_stay(submitted):
    kept = [
        cell.source for cell in restored(submitted, GIVEN).cells if cell.cell_type == "markdown"
    ]
    assert kept == [cell.source for cell in GIVEN.cells if cell.cell_type == "markdown"]


def test_line_ends_of_windows_change_nothing(submitted):
    expected = [cell.source for cell in restored(submitted, GIVEN).cells]
    for cell in submitted.cells:
        cell.source = cell.source.replace("\n", "\r\n")
    assert [cell.source for cell in restored(submitted, GIVEN).cells] == expected
    assert changes(submitted, GIVEN, VISIBLE) == []

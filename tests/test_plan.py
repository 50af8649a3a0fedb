"""Which cells of a submission run: what the learner wrote, and what that needs."""

import nbformat
import pytest

from course_tools.marking.course import given, names
from course_tools.marking.plan import question, steps
from jailed import notebook, solution, test_of

TEST = 'check("one-hot", one_hot)\nfrom course_utils import grade\ngrade("one-hot", one_hot)'

COURSE = notebook(
    "import torch",
    "data = load()",
    "model = make(data)\nhistory = train(model)",
    "plot(history)",
    ("def one_hot(): raise NotImplementedError", solution("one-hot")),
    (TEST, test_of("one-hot-test")),
)


def submitted(*own, answer="def one_hot(): return 1"):
    work = nbformat.from_dict(COURSE)
    work.cells[4].source = answer
    work.cells += notebook(*own).cells
    return work


def planned(work):
    return [step.code for step in steps(work, COURSE)]


def test_without_own_cells_only_the_imports_the_answer_and_its_test_run():
    assert planned(submitted()) == ["import torch", "def one_hot(): return 1", TEST]


def test_a_step_knows_its_place_and_its_name():
    first, answer, test = steps(submitted(), COURSE)
    assert (first.place, first.name, first.test) == (0, "cell 1", False)
    assert (answer.place, answer.name, answer.test) == (4, "one-hot", False)
    assert (test.place, test.name, test.test) == (5, "one-hot-test", True)
    assert steps(submitted("x = 1"), COURSE)[-1].own
    assert not any(step.own for step in (first, answer, test))


@pytest.mark.parametrize("instead", ["import numpy", None])
def test_the_import_cell_runs_first_though_it_was_changed_or_deleted(instead):
    work = submitted()
    if instead:
        work.cells[0].source = instead
    else:
        del work.cells[0]
    first = steps(work, COURSE)[0]
    assert (first.place, first.code) == (-1, "import torch")


@pytest.mark.parametrize(
    "own",
    [
        "print(model)",
        "print(history[-1])",
        "[m for m in [model]]",
        "def f():\n    return history",
        "%time print(history)",
        "!echo {history}\nhistory",
        "await history",
        "class C:\n    x = model",
    ],
)
def test_an_own_cell_runs_with_all_that_it_needs(own):
    needed = ["import torch", "data = load()", "model = make(data)\nhistory = train(model)"]
    assert planned(submitted(own)) == [*needed, "def one_hot(): return 1", TEST, own]


def test_an_answer_may_use_names_of_the_course():
    assert "data = load()" in planned(submitted(answer="def one_hot(): return data"))
    assert "plot(history)" not in planned(submitted(answer="def one_hot(): return data"))


def test_a_changed_cell_of_the_course_is_the_learners():
    work = submitted()
    work.cells[3].source = "plot(history, 'mine')"
    assert "plot(history, 'mine')" in planned(work)


@pytest.mark.parametrize("own", ["globals()['x'] = 1", "exec('y = model')", "eval('model')"])
def test_who_may_use_any_name_gets_all_cells(own):
    assert len(planned(submitted(own))) == 7


@pytest.mark.parametrize("own", ["def f(:", "x = '\0'", "(" * 5000, "if True:\n"])
def test_a_cell_that_is_no_python_is_run_all_the_same(own):
    assert planned(submitted(own))[-1] == own


def test_no_course_cell_after_the_imports_runs_without_a_reason():
    for name in names():
        course = given(name).notebook
        ran = steps(course, course)
        assert all(step.test or not step.name.startswith("cell ") for step in ran[1:]), name


def test_a_question_is_read_from_the_locked_cell():
    asked = question(TEST)
    assert (asked.slug, asked.answer) == ("one-hot", "one_hot")
    several = question('grade("cvae-loss/kl", (kl_divergence, 3))')
    assert (several.slug, several.answer) == ("cvae-loss/kl", "(kl_divergence, 3)")


def test_a_test_without_a_question_is_an_error():
    with pytest.raises(ValueError, match="has to call grade"):
        question("assert one_hot is not None")

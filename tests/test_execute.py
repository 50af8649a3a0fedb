"""Executing: evidence comes out, and a cell that ends its kernel costs itself alone."""

import base64
import json
import threading
import time

import pytest

from course_tools.marking.execute import Job, Request, execute
from course_tools.marking.plan import Step
from course_tools.marking.session import Limits
from course_utils.evidence import pack, unpack
from course_utils.exercises import example
from jailed import needs_jail

needs_jail()

CODES = "def one_hot(labels, num_classes):\n    return torch.eye(num_classes)[labels]"


def job(*cells, limits=Limits(cell_seconds=20), **answers):  # noqa: B008 (frozen)
    """Cells, with a test of `one-hot` wherever a cell is the name of one."""
    steps = [
        Step(
            i,
            cell,
            cell if cell in answers else f"cell {i + 1}",
            test=cell in answers,
            own=cell not in answers and i > 0,
        )
        for i, cell in enumerate(("import torch", *cells))
    ]
    case = base64.b64encode(pack(example("one-hot")[0])).decode()
    requests = {
        name: Request("one-hot", answer, f"nonce of {name}", case)
        for name, answer in answers.items()
    }
    return Job(steps, requests, limits)


def evidence(done, name):
    (piece,) = done.evidence[name]
    assert piece["nonce"] == f"nonce of {name}"
    return unpack(base64.b64decode(piece["evidence"]))


def test_evidence_and_outputs_come_out():
    done = execute(job(CODES, "print(6 * 7)", "test", test="one_hot"))
    assert evidence(done, "test")["codes.type"] == "Tensor"
    assert done.outputs[2][0].text == "42\n"
    assert not done.incidents and not any(done.errors.values())


def test_an_answer_that_is_not_there_is_an_error_of_its_test():
    done = execute(job("test", test="one_hot"))
    assert done.evidence["test"] == []
    assert done.errors["test"] == "NameError: name 'one_hot' is not defined"


def test_names_that_the_notebook_has_taken_do_not_matter():
    own = "check = grade = probe = answer = request = base64 = exec = print = None"
    done = execute(job(CODES, own, "test", test="one_hot"))
    assert "codes" in evidence(done, "test")


def test_what_the_notebook_did_to_the_courses_modules_does_not_matter():
    patch = """
import course_utils.checking, course_utils.evidence, sys
course_utils.checking.probe = course_utils.evidence.pack = lambda *_: 1 / 0
course_utils.evidence.Recorder.__call__ = None
sys.modules["course_utils.exercises"] = sys
"""
    done = execute(job(CODES, patch, "test", "course_utils.checking.probe()", test="one_hot"))
    assert "codes" in evidence(done, "test")
    assert "ZeroDivisionError" in str(done.outputs[4])  # the notebook keeps its own


@pytest.mark.parametrize(
    ("bad", "kind"),
    [
        ("os._exit(1)", "died"),
        ("ctypes.string_at(0)", "died"),
        ("[os.write(1, b'x' * 100_000) for _ in range(10**5)]", "output"),
    ],
)
def test_an_exercise_that_ends_its_kernel_costs_that_exercise_alone(bad, kind):
    deadly = f"def deadly(labels, num_classes):\n    {bad}"
    cells = ("import os, ctypes", CODES, deadly, "first", "bad", "last", "print('end')")
    done = execute(job(*cells, first="one_hot", bad="deadly", last="one_hot"))
    assert "codes" in evidence(done, "first") and "codes" in evidence(done, "last")
    assert "bad" not in done.evidence
    (incident,) = done.incidents
    assert (incident.cell, incident.kind) == ("bad", kind)
    assert done.errors["bad"] == incident.text
    assert done.outputs[7][0].text == "end\n"


def test_a_cell_that_ends_the_kernel_is_left_out_of_the_next_one():
    done = execute(job(CODES, "import os; os._exit(0)", "x = 1", "test", test="one_hot"))
    assert "codes" in evidence(done, "test")
    assert [(i.cell, i.kind) for i in done.incidents] == [("cell 3", "died")]


def test_a_cell_that_ends_python_later_costs_no_exercise():
    later = "import os, threading\nthreading.Timer(0.5, os._exit, (1,)).start()"
    slow = "(lambda *a: (__import__('time').sleep(1), one_hot(*a))[1])"
    steps = job("x = 1", later, "first", "last", first=slow, last="one_hot").steps
    answer = Step(1, CODES, "one-hot")
    done = execute(Job([steps[0], answer, *steps[1:]], job(first=slow, last="one_hot").requests,
                       Limits(cell_seconds=30)))  # fmt: skip
    assert "codes" in evidence(done, "first") and "codes" in evidence(done, "last")
    assert [(i.cell, i.kind) for i in done.incidents] == [("cell 3", "died")]


@pytest.mark.parametrize("end", ["quit()", "exit", "get_ipython().kernel.do_shutdown(True)"])
def test_ways_to_leave_a_notebook_do_nothing(end):
    done = execute(job(CODES, end, "import time; time.sleep(0.5)", "test", test="one_hot"))
    assert "codes" in evidence(done, "test")
    assert not done.incidents


def test_a_file_in_the_working_folder_can_be_imported():
    cells = ("%%writefile helper.py\nx = 42", "import helper\nprint(helper.x)")
    assert execute(job(*cells)).outputs[2][0].text == "42\n"


def test_a_notebook_cannot_show_more_than_people_can_open():
    show = "import sys\nsys.stdout.write('x' * 90_000)"
    done = execute(job(*[f"{show}; {i}" for i in range(9)], limits=Limits(outputs=300_000)))
    assert sum(len(str(outputs)) for outputs in done.outputs.values()) < 400_000
    assert "shows too much" in str(done.outputs[9])


def test_a_loop_is_stopped_and_what_was_defined_before_it_counts():
    limits = Limits(cell_seconds=2)
    done = execute(job(f"{CODES}\nwhile True: pass", "test", limits=limits, test="one_hot"))
    assert "codes" in evidence(done, "test")
    assert [(i.cell, i.kind) for i in done.incidents] == [("cell 2", "time")]


def test_own_cells_that_take_too_long_leave_time_for_what_is_graded():
    limits = Limits(cell_seconds=2, submission_seconds=20)
    loops = [f"while {i + 1}: pass" for i in range(20)]
    done = execute(job(CODES, *loops, "test", limits=limits, test="one_hot"))
    assert "codes" in evidence(done, "test")
    assert {incident.kind for incident in done.incidents} == {"time"}
    assert 3 < len(done.incidents) < 12


def test_a_submission_cannot_take_for_ever():
    limits = Limits(cell_seconds=2, submission_seconds=5)
    names = [f"test{i}" for i in range(9)]
    loop = "(lambda *_: exec('while True: pass'))"
    done = execute(job(*names, limits=limits, **dict.fromkeys(names, loop)))
    assert "test8" not in done.evidence
    assert "used up" in done.errors["test8"]
    assert len(done.incidents) < 6


def test_evidence_that_nobody_asked_for_is_told():
    forged = """
from IPython.display import display
display({"application/vnd.course.evidence+json": {"nonce": "x", "evidence": ""}}, raw=True)
"""
    done = execute(job(forged, CODES, "test", test="one_hot"))
    assert [(i.cell, i.kind) for i in done.incidents] == [("cell 2", "evidence")]
    assert len(done.evidence["test"]) == 1


def test_a_job_travels_as_plain_values():
    """A worker on another machine gets nothing but these."""
    import pickle

    sent = job(CODES, "test", test="one_hot")
    assert pickle.loads(pickle.dumps(sent)) == sent
    json.dumps([step.__dict__ for step in sent.steps])


def test_a_stop_ends_what_is_running():
    stop = threading.Event()
    threading.Timer(3, stop.set).start()
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        execute(job("import time; time.sleep(300)", limits=Limits(cell_seconds=300)), stop)
    assert time.monotonic() - started < 200

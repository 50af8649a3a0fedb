"""Marks come from one whole, fresh piece of evidence, and from nothing else."""

import base64
import json

import nbformat
import pytest
import safetensors.torch
import torch

from course_tools.example_class import right_answers
from course_tools.marking.course import given
from course_tools.marking.execute import Execution
from course_tools.marking.outcome import Incident, Mark, Outcome, Tested
from course_tools.marking.preprocessors import marked, shown
from course_tools.marking.session import Limits
from course_tools.marking.verdicts import judge, prepare
from course_utils.checking import probe
from course_utils.evidence import VALUES, pack, unpack
from course_utils.exercises import find

NAME, TEST = "01_conditional_classifier", "one-hot-test"
COURSE = given(NAME).notebook


@pytest.fixture(scope="module")
def trial():
    return prepare(COURSE, COURSE, "key", Limits())


def right(labels, num_classes):
    if labels.min() < 0 or labels.max() >= num_classes:
        raise ValueError("labels are out of range")
    return torch.eye(num_classes, device=labels.device)[labels]


def evidence(trial, answer=right):
    case = unpack(base64.b64decode(trial.job.requests[TEST].case))
    return pack(probe(find("one-hot"), answer, case))


def piece(trial, content=None, nonce=None):
    content = evidence(trial) if content is None else content
    return {
        "nonce": nonce or trial.job.requests[TEST].nonce,
        "evidence": base64.b64encode(content).decode(),
    }


def mark_for(trial, *pieces):
    execution = Execution(evidence={TEST: list(pieces)})
    marks, verdicts = judge(trial, execution)
    return marks[TEST], verdicts.get(TEST), execution.incidents


def test_right_evidence_gives_full_marks(trial):
    mark, verdict, incidents = mark_for(trial, piece(trial))
    assert mark.points == mark.most == 6
    assert all(tested.passed for tested in mark.criteria)
    assert verdict.outcome == "correct" and not incidents


def test_wrong_evidence_says_why(trial):
    wrong = evidence(trial, lambda labels, num_classes: torch.zeros(len(labels), num_classes))
    mark, verdict, incidents = mark_for(trial, piece(trial, wrong))
    assert mark.points < 6 and not incidents
    assert any(tested.message for tested in mark.criteria)
    assert str(mark.points) in verdict.headline


def test_no_evidence_gives_no_marks_and_the_reason(trial):
    marks, verdicts = judge(trial, Execution(errors={TEST: "NameError: no one_hot"}))
    assert marks[TEST] == Mark(0, 6, note="NameError: no one_hot")
    assert TEST not in verdicts


def huge(trial):
    return pack({**unpack(evidence(trial)), "more": torch.zeros(5_000_000)})


def with_values(trial, **values):
    tensors = safetensors.torch.load(evidence(trial))
    before = json.loads(bytes(tensors.pop(VALUES).tolist()))
    text = json.dumps({**before, **values}).encode()
    packed = torch.frombuffer(bytearray(text), dtype=torch.uint8)
    return safetensors.torch.save({**tensors, VALUES: packed})


def deep(trial):
    tensors = safetensors.torch.load(evidence(trial))
    text = b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    packed = torch.frombuffer(bytearray(text), dtype=torch.uint8)
    return safetensors.torch.save({**tensors, VALUES: packed})


BAD = {
    "two pieces": lambda t: [piece(t), piece(t)],
    "a stale piece": lambda t: [piece(t, nonce="that of another case")],
    "a stale piece beside the right one": lambda t: [piece(t), piece(t, nonce="other")],
    "no piece at all": lambda t: ["full marks, please"],
    "a number": lambda t: [6],
    "none": lambda t: [None],
    "nothing in it": lambda t: [{}],
    "a nonce alone": lambda t: [{"nonce": t.job.requests[TEST].nonce}],
    "a list for bytes": lambda t: [{**piece(t), "evidence": [1, 2]}],
    "no base 64": lambda t: [{**piece(t), "evidence": "???"}],
    "other bytes": lambda t: [piece(t, b"\x80\x04\x95 a pickle")],
    "half of it": lambda t: [piece(t, evidence(t)[: len(evidence(t)) // 2])],
    "nothing": lambda t: [piece(t, b"")],
    "too large": lambda t: [piece(t, huge(t))],
    "a list among the values": lambda t: [piece(t, with_values(t, printed=[1, 2]))],
    "a dict among the values": lambda t: [piece(t, with_values(t, printed={"a": 1}))],
    "none among the values": lambda t: [piece(t, with_values(t, printed=None))],
    "a huge number": lambda t: [piece(t, with_values(t, more=10**400))],
    "a long text": lambda t: [piece(t, with_values(t, more="x" * 10_000))],
    "many entries": lambda t: [piece(t, with_values(t, **{f"n{i}": 1 for i in range(5000)}))],
    "deep values": lambda t: [piece(t, deep(t))],
    "another type of number": lambda t: [
        piece(t, pack({**unpack(evidence(t)), "codes": torch.zeros(3, dtype=torch.complex64)}))
    ],
}


@pytest.mark.parametrize("bad", BAD)
def test_bad_evidence_gives_no_marks_and_a_note_for_the_instructor(trial, bad):
    mark, verdict, incidents = mark_for(trial, *BAD[bad](trial))
    assert mark.points == 0 and mark.note and verdict is None
    assert [(incident.cell, incident.kind) for incident in incidents] == [(TEST, "evidence")]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**62, True, "6", -1])
def test_odd_values_in_place_of_tensors_earn_nothing_for_them(trial, value):
    values = {name: value for name in unpack(evidence(trial)) if "." not in name}
    mark, _, _ = mark_for(trial, piece(trial, pack({**unpack(evidence(trial)), **values})))
    assert mark.points < 6


def test_the_same_notebook_gets_the_same_cases_again(trial):
    again = prepare(COURSE, COURSE, "key", Limits())
    assert again.job.requests[TEST].case == trial.job.requests[TEST].case
    assert again.job.requests[TEST].nonce != trial.job.requests[TEST].nonce


def test_other_code_or_another_key_gets_other_cases(trial):
    other = nbformat.from_dict(COURSE)
    other.cells.append(nbformat.v4.new_code_cell("x = 1"))
    for made in (prepare(other, COURSE, "key", Limits()), prepare(COURSE, COURSE, "k", Limits())):
        assert made.job.requests[TEST].case != trial.job.requests[TEST].case


def test_points_come_from_the_course(trial):
    points = {cell.metadata.nbgrader.grade_id: cell.metadata.nbgrader.get("points")
              for cell in COURSE.cells if "nbgrader" in cell.metadata}  # fmt: skip
    assert trial.most == {name: points[name] for name in trial.most}


def test_the_cell_shows_the_verdict_and_its_points(trial):
    done = marked(trial, Execution(evidence={TEST: [piece(trial)]}))
    display, result = shown(TEST, done)
    assert "correct" in display.data["text/plain"]
    assert result.data["text/plain"] == "6"


def test_a_cell_without_a_verdict_shows_an_error_which_nbgrader_counts_as_zero(trial):
    done = marked(trial, Execution())
    for name in ("one-hot-test", "no-such-test"):
        (output,) = shown(name, done)
        assert output.output_type == "error"


def test_no_answer_of_the_course_is_in_what_is_sent(trial):
    sent = " ".join(request.code for request in trial.job.requests.values())
    for answer in right_answers(NAME).values():
        assert answer.splitlines()[-1].strip() not in sent


def test_an_outcome_survives_the_gradebook():
    tested = (Tested("shape", 2, False, "Use dim=1."), Tested("value", 4, True))
    outcome = Outcome(
        "ana", NAME, "", {TEST: Mark(4, 6, tested)}, (Incident(TEST, "time", "It was slow."),)
    )
    assert Outcome.from_json(outcome.to_json()) == outcome

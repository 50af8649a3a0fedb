"""The banks: every right answer gets full marks, every wrong one loses some and learns why."""

import itertools
import math

import pytest
import torch

from banks import RIGHT, WRONG, fill
from course_utils.checking import probe
from course_utils.evidence import pack, unpack
from course_utils.exercises import EXERCISES, find
from course_utils.report import Verdict
from hidden import HIDDEN_TESTS

fill()

SEEDS = (0, 1, 2)
MISSING = object()
LEAST = {"classifier": (4, 8)}
RIGHT_CASES = [(slug, answer) for slug in EXERCISES for answer in RIGHT[slug]]
WRONG_CASES = [(slug, *pair) for slug in EXERCISES for pair in WRONG[slug]]


def name(value: object) -> str:
    return getattr(value, "__name__", str(value))


def judged(slug: str, answer: object, seed: int) -> Verdict:
    """The hidden verdict on ``answer``, for the case that ``seed`` draws."""
    hidden = HIDDEN_TESTS[slug]
    case = hidden.draw(torch.Generator().manual_seed(seed))
    evidence = unpack(pack(probe(find(slug), answer, case)))
    return Verdict(slug, tuple(hidden.judge(case, evidence)), marked=True)


@pytest.mark.parametrize(("slug", "answer"), RIGHT_CASES, ids=name)
def test_right_answers_get_full_marks(slug, answer):
    for seed in SEEDS:
        verdict = judged(slug, answer, seed)
        assert verdict.outcome == "correct", str(verdict)
        assert verdict.points == HIDDEN_TESTS[slug].points


@pytest.mark.parametrize(("slug", "answer", "says"), WRONG_CASES, ids=name)
def test_wrong_answers_lose_marks_and_learn_why(slug, answer, says):
    verdict = judged(slug, answer, seed=0)  # test_messages.py tries them on another case
    assert verdict.points < HIDDEN_TESTS[slug].points
    assert says in str(verdict), str(verdict)


@pytest.mark.parametrize("slug", EXERCISES)
def test_an_answer_that_is_not_attempted_gets_nothing(slug):
    (stub,) = (answer for answer, says in WRONG[slug] if says == "not attempted")
    verdict = judged(slug, stub, seed=0)
    assert verdict.outcome == "not attempted"
    assert verdict.points == 0


@pytest.mark.parametrize("slug", EXERCISES)
def test_the_banks_are_large_enough(slug):
    least_right, least_wrong = LEAST.get(EXERCISES[slug], (5, 10))
    assert len(RIGHT[slug]) >= least_right
    assert len(WRONG[slug]) >= least_wrong


@pytest.mark.parametrize("slug", EXERCISES)
def test_the_points_do_not_depend_on_the_evidence(slug):
    hidden = HIDDEN_TESTS[slug]
    case = hidden.draw(torch.Generator().manual_seed(0))
    full = probe(find(slug), RIGHT[slug][0], case)
    for name, damage in zip(full, itertools.cycle((MISSING, "nonsense", math.nan))):
        evidence = {**full, name: damage}
        if damage is MISSING:
            del evidence[name]
        criteria = hidden.judge(case, evidence)
        assert sum(c.points for c in criteria) == hidden.points


@pytest.mark.parametrize("slug", EXERCISES)
def test_no_evidence_no_marks(slug):
    hidden = HIDDEN_TESTS[slug]
    case = hidden.draw(torch.Generator().manual_seed(0))
    assert not any(criterion.passed for criterion in hidden.judge(case, {}))

"""The messages that wrong answers get: nine of ten are written for the mistake at hand.

`make test` leaves the list of all of them in build/messages.md. Read it as a learner would.
"""

import re
from pathlib import Path
from typing import NamedTuple

import pytest
import torch

from banks import WRONG, fill
from course_utils.checking import probe
from course_utils.evidence import Evidence, pack, unpack
from course_utils.exercises import EXERCISES, example, find
from course_utils.judging import Criterion
from hidden import HIDDEN_TESTS

fill()

LIST = Path(__file__).parents[1] / "build/messages.md"
LEAST = 0.9

GENERAL = re.compile(
    r"""
    # what judging.py and faults.py say in any exercise
      What\ came\ back\ could\ not\ be\ compared.*
    | The\ shape\ is\ not\ the\ one\ asked\ for\.
    | It\ returned\ an?\ \w+;\ .*\ expected\.
    | A\ number\ was\ expected\.
    | This\ counts\ once\ another\ criterion\ is\ met\.
    | This\ could\ not\ be\ tried.*
    # what puts the learner off
    | .*\ cannot\ be\ judged\ yet\.
    | This\ waits\ for\ .*
    | The\ value\ is\ (right|wrong),\ .*
    # what says the criterion once more, with no word on where to look
    | (This\ is|These\ are)\ not\ [^:?]*
    | This\ does\ not\ [^:?]*
    | .*\bis\ wrong\ for\ [^:?]*
    | Wrong\ for\ [^:?]*
    | The\ (images|labels|length|loss|output|result|score|shape|size|spread|step|value|weight)
      \b[^:?]*\ (is|are)\ not\b[^:?]*
    | With\ warmup_steps\ 0\ the\ weight\ at\ step\ \d+\ is\ not\ final\.
    | In\ eval\ mode\ a\ sample\ alone\ gives\ another\ result\ than\ in\ a\ batch\.
    # what is said where no mistake is recognised: it lists or asks what may be behind it
    | This\ is\ not\ the\ \w+'s\ loss\ on\ the\ images\ that\ it\ was\ asked\ about.*
    | With\ a\ batch\ of\ one\ this\ is\ not\ the\ \w+'s\ loss.*
    | In\ train\ mode\ the\ output\ is\ not\ .*
    | With\ other\ weights\ the\ output\ is\ not\ .*
    | mu\ and\ logvar\ are\ not\ those\ of\ encode\(x,\ labels_onehot\):.*
    | The\ reconstruction\ is\ not\ decode\(z,\ labels_onehot\)\ of\ a\ z\ around\ mu:.*
    | This\ is\ not\ KL\(.*
    | For\ \d+\ and\ for\ \d+\ images,\ this\ is\ not.*
    | In\ the\ rows\ of\ the\ classes\ asked\ for.*
    | The\ score\ is\ not\ self\.linear.*
    """,
    re.VERBOSE | re.DOTALL,
)
"""The sentences that an exercise has for any mistake whatsoever, in full.

So is "Your code raised ..." with nothing behind the error, which `is_general` looks at itself.
"""


class Told(NamedTuple):
    """What a learner is told first about a wrong answer."""

    slug: str
    name: str
    seen: str
    criterion: str
    message: str
    general: bool


def is_general(message: str, evidence: Evidence) -> bool:
    """Whether the message would be given for any mistake, or is nothing but Python's own error."""
    errors = {value for name, value in evidence.items() if name.endswith(".error")}
    bare = any(message == f"Your code raised {error}." for error in errors)
    return bare or bool(GENERAL.fullmatch(message))


def failed(criteria: list[Criterion]) -> list[Criterion]:
    return [criterion for criterion in criteria if not criterion.passed]


def messages_of(slug: str) -> list[Told]:
    """What the wrong answers to one exercise are told by `check`, or by `grade` if that passes."""
    exercise, hidden = find(slug), HIDDEN_TESTS[slug]
    case, key = example(slug)
    drawn = hidden.draw(torch.Generator().manual_seed(0))
    told = []
    for answer, says in WRONG[slug]:
        if says == "not attempted":
            continue
        seen, evidence = "check", probe(exercise, answer, case)
        faults = failed(exercise.judge(case, key, evidence))
        if not faults:
            seen, evidence = "grade", unpack(pack(probe(exercise, answer, drawn)))
            faults = failed(hidden.judge(drawn, evidence))
        name, message = faults[0].name, faults[0].message
        general = is_general(message, evidence)
        told.append(Told(slug, answer.__name__, seen, name, message, general))
    return told


@pytest.fixture(scope="module")
def told() -> list[Told]:
    """All messages. They are written to LIST, too."""
    rows = [row for slug in EXERCISES for row in messages_of(slug)]
    head = "| exercise | wrong answer | seen in | first criterion not met | message | general |"
    lines = [head, "| --- | --- | --- | --- | --- | --- |"]
    for row in rows:
        cells = [*row[:-1], "general" if row.general else ""]
        lines.append("| " + " | ".join(re.sub(r"([|*_<])", r"\\\1", cell) for cell in cells) + " |")
    LIST.parent.mkdir(exist_ok=True)
    LIST.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return rows


def test_nine_of_ten_messages_are_written_for_the_mistake(told):
    general = [f"{row.slug} {row.name}: {row.message}" for row in told if row.general]
    share = 1 - len(general) / len(told)
    print(f"{share:.1%} of {len(told)} messages are written for the mistake")
    assert share >= LEAST, "\n".join(general)


def test_every_wrong_answer_gets_a_message(told):
    assert [row for row in told if not row.message.strip()] == []


@pytest.mark.parametrize(
    "message",
    [
        "Your code raised NameError: name 'x' is not defined.",
        "It returned a list; a tensor was expected.",
        "This is not h followed by e.",
        "The step itself is wrong, so this cannot be judged yet.",
    ],
)
def test_a_general_message_is_known_as_one(message):
    assert is_general(message, {"loss.error": "NameError: name 'x' is not defined"})


@pytest.mark.parametrize(
    "message",
    [
        "Your code raised NameError: name 'x' is not defined. The name is given: y.",
        "The margin is missing: it is 1 - real and 1 + fake inside of the relu.",
        "The levels are not int64.",
    ],
)
def test_a_message_for_one_mistake_is_not_taken_for_general(message):
    assert not is_general(message, {"loss.error": "NameError: name 'x' is not defined"})

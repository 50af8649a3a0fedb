"""Exercise kl-annealing: the weight of the KL term while it warms up."""

from collections.abc import Callable

import torch

from course_utils.evidence import Evidence, Recorder
from course_utils.faults import expect_close
from course_utils.judging import Criterion, Sheet

HINTS = (
    "Write down by hand the weights of steps 0 to 5 for a warm-up of 4 steps and `final` 1. "
    "Which of them differs from yours: the first, one in between, or the last two?",
    "The weight is `final` times the share of the warm-up that is over: step / warmup_steps. "
    "That share must not pass 1, and it cannot be computed for a warm-up of 0 steps.",
    "Three lines in this order: raise ValueError if `step` or `warmup_steps` is negative; return "
    "`final` if `step >= warmup_steps`, which covers 0 as well; return the share times `final`.",
)
ADVICE = {
    "ZeroDivisionError": "A warm-up of 0 steps is over before it starts: return final then.",
    "division by zero": "A warm-up of 0 steps is over before it starts: return final then.",
}


MISTAKES = {
    "The weight jumps: it is 0 during the warm-up (is that `//` in place of `/`?).": "jump",
    "The weight is `final` from the start: there is no warm-up.": "constant",
    "The weight falls: it starts at 0 and grows.": "falling",
    "Each weight comes one step too early: step 0 has the weight 0.": "early",
    "Each weight comes one step too late: step 1 has the weight final / warmup_steps.": "late",
    "`final` is reached one step too early: divide by warmup_steps.": "short",
    "`final` is reached one step too late: divide by warmup_steps.": "long",
    "This is a cosine: a linear warm-up adds the same in every step.": "cosine",
    "This is a square: a linear warm-up adds the same in every step.": "square",
    "`final` is not in the formula: multiply by it.": "without final",
    "`final` only cuts the weight off: the whole ramp is multiplied by it.": "cut off",
}
NO_WARMUP_STEPS = (0, 1, 50)


def probe(answer: Callable, case: Evidence) -> Evidence:
    warmup, final = case["warmup_steps"], case["final"]
    run = Recorder(case["seed"])
    for step in range(warmup + 1):
        run(f"default {step}", answer, step, warmup)
        run(f"final {step}", answer, step, warmup, final)
    for step in _later(warmup):
        run(f"default {step}", answer, step, warmup)
        run(f"final {step}", answer, step, warmup, final)
    for step in NO_WARMUP_STEPS:
        run(f"no warm-up {step}", answer, step, 0, final)
    run("a negative step", answer, -1, warmup, final)
    run("a negative step without a warm-up", answer, -1, 0, final)
    run("a negative warmup_steps", answer, 2, -1, final)
    run("a negative warmup_steps at step 0", answer, 0, -warmup, final)
    run("one step 0", answer, 0, 1, final)
    run("one step 1", answer, 1, 1, final)
    run("large", answer, case["large_step"], case["large_warmup"], case["large_final"])
    return run.evidence


def _later(warmup: int) -> tuple[int, ...]:
    return (warmup + 1, 2 * warmup + 1, 1000 * warmup)


def weight(sheet: Sheet, name: str) -> float:
    """The number that the call ``name`` returned. A Python int may stand for a float."""
    value = sheet.evidence.get(name)
    return float(value) if type(value) is int else sheet.number(name)


def judge(case: Evidence, key: Evidence, evidence: Evidence) -> list[Criterion]:
    sheet = Sheet(evidence, ADVICE)
    warmup, final = case["warmup_steps"], case["final"]
    with sheet.criterion("a Python float, 0 at step 0", points=1):
        for way, last in (("default", 1.0), ("final", final)):
            expect_close(
                weight(sheet, f"{way} 0"),
                0.0,
                {
                    "At step 0 the weight is `final` already: it starts at 0 and grows.": last,
                    "At step 0 the weight is that of step 1: the share of the warm-up that is over "
                    "is 0 there.": last / warmup,
                },
                "The weight at step 0 is not 0.",
            )
    with sheet.criterion("linear during the warm-up", points=2):
        otherwise = "This is not linear: every step of the warm-up adds final / warmup_steps."
        for way in ("final", "default"):
            expect_close(
                torch.tensor([weight(sheet, f"{way} {step}") for step in range(warmup)]),
                key[way],
                {message: key[f"{way} {mistake}"] for message, mistake in MISTAKES.items()},
                otherwise,
            )
            otherwise = "Without `final` the weight is wrong: its default is 1.0."
    with sheet.criterion("final at warmup_steps and after it", points=1):
        for way, last in (("default", 1.0), ("final", final)):
            for step in (warmup, *_later(warmup)):
                expect_close(
                    weight(sheet, f"{way} {step}"),
                    last,
                    {
                        "The weight grows on after the warm-up: it stays at final.": last
                        * step
                        / warmup,
                        "The weight ends at 1: it ends at final.": 1.0,
                        "The weight falls back to 0: it stays at final.": 0.0,
                    },
                    f"The weight at step {step} is not final (the warm-up has {warmup} steps).",
                )
    _judge_no_warmup(sheet, final)
    _judge_negative(sheet)
    return sheet.criteria


def _judge_no_warmup(sheet: Sheet, final: float) -> None:
    with sheet.criterion("a warm-up of 0 steps gives final", points=1):
        for step in NO_WARMUP_STEPS:
            no_warmup = f"With warmup_steps 0 the weight at step {step}"
            expect_close(
                weight(sheet, f"no warm-up {step}"),
                final,
                {
                    f"{no_warmup} is 0: there is no warm-up to wait for, it is final from the "
                    "start.": 0.0,
                    f"{no_warmup} is 1: it is final, also where final is not 1.": 1.0,
                },
                f"{no_warmup} is not final.",
            )


def _judge_negative(sheet: Sheet) -> None:
    with sheet.criterion("ValueError for a negative step or warmup_steps", points=1):
        for name in ("a negative step", "a negative warmup_steps"):
            accepted = f"{name.capitalize()} is accepted: raise ValueError."
            sheet.expect_value_error(name, accepted)
        for name in ("a negative step without a warm-up", "a negative warmup_steps at step 0"):
            accepted = f"{name.capitalize()} is accepted: check both numbers before you return."
            sheet.expect_value_error(name, accepted)

"""Exercise thickness-levels: numbers sorted into bins that hold equally many."""

from collections.abc import Callable

import torch

from course_utils.evidence import Evidence, Recorder
from course_utils.faults import Fault, expect, expect_close, expect_dtype, expect_shape
from course_utils.judging import Criterion, Sheet

HINTS = (
    "Sort the six values [5, 1, 9, 2, 100, 3] into 3 levels by hand: the two smallest are level "
    "0, the two largest level 2. Does your code give [1, 0, 2, 0, 2, 1]?",
    "The bins hold equally many values, so their edges are quantiles of the data. Three levels "
    "have two inner edges, at 1/3 and 2/3. The level of a value is the number of edges below it.",
    "`torch.quantile(thickness, fractions)` gives the edges, with the fractions 1/L, 2/L, ... "
    "below 1 in a tensor on thickness.device. `torch.bucketize(thickness, edges)` counts.",
)
ADVICE = {
    "quantile() q tensor must be same dtype": "Give the fractions as float32, like thickness.",
    "edges must be unique": "With many equal values two edges may be the same: that is no error.",
}


MISTAKES = {
    "The order is reversed: 0 is the thinnest.": "reversed",
    "These are bins of equal width: quantile bins hold equally many values.": "equal width",
    "The value just above each edge is one level too low: compare with edges that lie between "
    "two values.": "one too many",
    "The edges come from the mean and the standard deviation: quantiles hold whatever the "
    "distribution is.": "deviation",
    "The levels came out in sorted order: entry i is the level of thickness[i].": "sorted",
    "argsort gives the places of the sorted values, not the rank of each value: its inverse is "
    "needed, argsort of argsort.": "places",
}


def probe(answer: Callable, case: Evidence) -> Evidence:
    thickness, num_levels = case["thickness"], case["num_levels"]
    run = Recorder(case["seed"])
    run("three", answer, thickness[: case["count"]], 3)
    run("default", answer, thickness[: case["count"]])
    for name, (count, levels) in even(case).items():
        run(name, answer, thickness[:count], levels)
    for name, (count, levels) in _uneven(case).items():
        run(name, answer, thickness[:count], levels)
    run("ties", answer, case["ties"], 3)
    run("ties, other levels", answer, case["ties"], num_levels)
    run("single", answer, thickness[:1], 1)
    run.on_devices("three", lambda to: answer(to(thickness[: case["count"]]), 3))
    run.on_devices("other", lambda to: answer(to(thickness), num_levels))
    return run.evidence


def even(case: Evidence) -> dict[str, tuple[int, int]]:
    """Calls in which the levels divide the values: name -> (number of values, of levels)."""
    levels = case["num_levels"]
    pairs = ((case["count"], levels), (12, 2), (levels, levels), (5, 1))
    return {f"{count} values, num_levels {levels}": (count, levels) for count, levels in pairs}


def _uneven(case: Evidence) -> dict[str, tuple[int, int]]:
    """Calls in which one value is left over, or one is missing."""
    pairs = (
        (case["count"] + step, levels) for levels in (3, case["num_levels"]) for step in (1, -1)
    )
    return {f"{count} values, num_levels {levels}": (count, levels) for count, levels in pairs}


def judge(case: Evidence, key: Evidence, evidence: Evidence) -> list[Criterion]:
    sheet = Sheet(evidence, ADVICE)
    with sheet.criterion("shape (N,), int64, levels from 0 to num_levels - 1", points=1):
        levels = _levels(sheet, "three", case["count"], 3)
        expect_dtype(levels, torch.int64, "The levels are not int64: .long() converts.")
    with sheet.criterion("three levels with equal counts, 0 the thinnest", points=2):
        expect_close(
            _levels(sheet, "three", case["count"], 3),
            key["three"],
            {message: key[mistake] for message, mistake in MISTAKES.items()},
            "This does not put the thinnest third into level 0, the next into 1, the rest into 2.",
        )
        message = "Without num_levels the levels are wrong: its default is 3."
        expect_close(sheet.tensor("default"), key["three"], {}, message)
    with sheet.criterion("equal counts for any num_levels that divides N", points=1):
        for name, (count, levels) in even(case).items():
            received = _levels(sheet, name, count, levels)
            expect_close(
                received,
                key[name],
                {"There are three levels whatever num_levels is.": key["three"]},
                f"Wrong for {name}: the counts must be equal.",
            )
    with sheet.criterion("counts that differ by at most 2 otherwise", points=1):
        for name, (count, levels) in _uneven(case).items():
            received = _levels(sheet, name, count, levels)
            _expect_order(received, case["thickness"][:count])
            counts = torch.bincount(received.long(), minlength=levels)
            expect(
                int(counts.max() - counts.min()) <= 2,
                f"The rest is not spread over the levels ({name}): is it all in the last one?",
                "counts that differ by at most 2",
                f"counts {counts.tolist()}",
            )
    with sheet.criterion("equal values share a level", points=1):
        for name, levels in (("ties", 3), ("ties, other levels", case["num_levels"])):
            received = _levels(sheet, name, len(case["ties"]), levels)
            _expect_order(received, case["ties"])
    sheet.gpu("three", "other")
    return sheet.criteria


def _levels(sheet: Sheet, name: str, count: int, num_levels: int) -> torch.Tensor:
    """The levels that the call ``name`` returned: ``count`` numbers from 0 to num_levels - 1."""
    levels = sheet.tensor(name)
    expect_shape(
        levels,
        (count,),
        {
            (count, num_levels): "One row for each value: the level itself is asked for, "
            "not a one-hot row.",
            (num_levels - 1,): "These are the edges: the level of each value is asked for.",
        },
    )
    low, high = float(levels.min()), float(levels.max())
    if low >= 0 and high < num_levels:
        return levels
    wanted, found = f"0 to {num_levels - 1}", f"{low:g} to {high:g}"
    if low >= 1 and high == num_levels:
        raise Fault("The levels count from 1: the thinnest is level 0.", wanted, found)
    if low == 0 and high == num_levels:
        message = (
            "There is one level too many: between num_levels levels there are num_levels - 1 "
            "edges, and the largest value belongs to the last level."
        )
        raise Fault(message, wanted, found)
    raise Fault("There are levels outside 0 to num_levels - 1.", wanted, found)


def _expect_order(levels: torch.Tensor, thickness: torch.Tensor) -> None:
    """Raise a fault unless a thicker value never has a lower level, and equal ones share it."""
    step = thickness[:, None] - thickness
    rise = levels[:, None].double() - levels
    expect(
        not bool(((step == 0) & (rise != 0)).any()),
        "Equal values got different levels: compare each value with the edges, which a rank "
        "among equal values does not do.",
        "one level for equal values",
        levels,
    )
    expect(
        not bool(((step > 0) & (rise < 0)).any()),
        "A thicker value has a lower level than a thinner one.",
        "levels that rise with the thickness",
        levels,
    )

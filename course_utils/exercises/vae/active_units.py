"""Exercise active-units: how many latent dimensions vary over the data."""

from collections.abc import Callable

import torch

from course_utils.evidence import Evidence, Recorder
from course_utils.faults import expect, expect_close
from course_utils.judging import Criterion, Sheet

HINTS = (
    "Take three rows by hand: `mu = torch.tensor([[1., 5.], [2., 5.], [3., 5.]])`. The first "
    "dimension is active, the second is not. What does your code count?",
    "One row of mu is one image, one column is one latent dimension. The variance runs over the "
    "images, dim 0, so that one number per latent dimension is left.",
    "`mu.var(dim=0) > threshold` has one True per active dimension. `.sum()` counts them, and "
    "`.item()` makes a Python int of the count.",
)


MISTAKES = {
    "This counts the dimensions that are not active.": "inactive",
    "This counts standard deviations above the threshold: it holds for the variance.": "deviation",
    "A dimension with a constant mu other than 0 is counted: the variance is taken around the "
    "mean, so a mean of squares is not it.": "square",
    "This looks at the size of mu, not at its variance: a constant mu is not active.": "size",
    "This looks at the means of mu: a dimension is active if mu varies around its mean.": "mean",
    "The variance was taken over the latent dimensions of each image: take it over the images, "
    "dim=0.": "rows",
    "This counts every dimension.": "all",
    "This counts every dimension that varies, whatever the threshold.": "varying",
    "The threshold that was handed over is ignored.": "default",
    "A threshold of 0 counts as the default: 0 is False in an `if` or an `or`.": "zero",
    "A variance that equals the threshold is counted: it has to exceed it, >.": "at least",
}


def probe(answer: Callable, case: Evidence) -> Evidence:
    mu = case["mu"]
    run = Recorder(case["seed"])
    run("units", answer, mu)
    for number, threshold in enumerate(case["thresholds"].tolist()):
        run(f"threshold {number}", answer, mu, threshold)
    run("single", answer, mu[:1])
    run.on_devices("units", lambda to: answer(to(mu)))
    return run.evidence


def count(sheet: Sheet, name: str) -> int:
    """The Python int that the call ``name`` returned, or a fault."""
    value, kind = sheet.evidence.get(name), sheet.evidence.get(f"{name}.type", "NoneType")
    if kind == "NoneType":
        sheet.number_of(name)  # says why there is none
    expect(
        type(value) is int,
        f"What it returned has the type {kind}; a Python int was expected: int(...) makes one.",
    )
    return value


def judge(case: Evidence, key: Evidence, evidence: Evidence) -> list[Criterion]:
    sheet = Sheet(evidence)
    units = case["mu"].shape[1]
    with sheet.criterion("a Python int from 0 to Z", points=1):
        received = count(sheet, "units")
        expect(
            0 <= received <= units,
            f"There are {units} latent dimensions, and the count is {received}: count over dim 0 "
            "of mu, which leaves one variance per latent dimension.",
        )
    with sheet.criterion("counts the dimensions whose variance exceeds the threshold", points=2):
        numbers = range(len(case["thresholds"]))
        expect_close(
            torch.tensor([count(sheet, f"threshold {number}") for number in numbers]),
            key["counts"],
            {message: key[mistake] for message, mistake in MISTAKES.items()},
            "These are not the numbers of columns of mu whose variance exceeds the thresholds "
            f"{', '.join(f'{value:.2g}' for value in case['thresholds'].tolist())}.",
        )
    with sheet.criterion("the threshold is 0.01 if none is given", points=1):
        message = "Without a threshold the count is not that for 0.01."
        expect_close(count(sheet, "units"), key["counts"][0], {}, message)
    sheet.gpu("units")
    return sheet.criteria

"""Exercise frechet-distance: how far two sets of features are apart, as two Gaussians."""

from collections.abc import Callable

import torch

from course_utils.evidence import Evidence, Recorder
from course_utils.exercises.metrics.frechet import SafeEigenvalues, expect_near, near
from course_utils.faults import Fault, expect, show
from course_utils.judging import Criterion, Sheet

HINTS = (
    "Take two sets of two rows: `[[0., 0.], [2., 0.]]` and `[[10., 0.], [14., 0.]]`. The means "
    "are 11 apart, the variances of the first column are 2 and 8, and all else is 0. So the "
    "distance is 121 + 2 + 8 - 2 * 4 = 123. Which of the four numbers differs in yours?",
    "`torch.cov` takes one variable per row: hand it the transposed features. The root is that of "
    "a matrix, not of its entries, and only its trace is needed: the sum of the roots of the "
    "eigenvalues of the product. The product is not symmetric, so `eigvalsh` is not for it.",
    "The eigenvalues of Sa @ Sb are real and never negative, but rounding hides that: from "
    "`torch.linalg.eigvals` take `.real`, and `.clamp(min=0)` before the root. Compute with "
    "`.double()`, and let `max(..., 0.0)` take away what rounding leaves below 0.",
)
ADVICE = {
    "must match the size": "The two sets may differ in their number of rows. Means are F long and "
    "covariances F × F: torch.cov takes one variable per row, so transpose the features.",
    "cannot be multiplied": "Covariances are F × F: torch.cov takes one variable per row, so "
    "transpose the features.",
    "could not be broadcast": "Means are F long and covariances F × F: np.cov takes one variable "
    "per row unless you say rowvar=False.",
    "not positive-definite": "Cholesky needs features of full rank: eigenvalues do not.",
    "complex": "Eigenvalues and roots of a product come as complex numbers: take the real part.",
}
MISTAKES = {
    "The covariances divide by N: divide by N - 1.": "N",
    "The difference of the means is not squared: the squares of its entries are summed.": "norm",
    "The squares of the means' differences are averaged: sum them.": "mean square",
    "The difference of the means is missing, or is cancelled.": "no means",
    "The covariances are missing: this is the distance of the means alone.": "no covariances",
    "The root was taken entry by entry, or of the diagonals alone: it is that of the matrix "
    "Sa Sb. Only its trace is needed, the sum of the roots of its eigenvalues.": "diagonals",
    "The root was taken of the entries of Sa Sb: it is that of the matrix. Its trace is the sum "
    "of the roots of its eigenvalues.": "entries",
    "The trace of the root is subtracted once: it counts twice.": "once",
    "The root is missing: this subtracts 2 tr(Sa Sb).": "no root",
    "This is the root of the trace of Sa Sb: take the trace of the root.": "root of trace",
    "The root of the whole was taken: the Fréchet distance is used squared, as in the "
    "formula.": "root of all",
    "These are singular values of Sa Sb: its eigenvalues are not the same, since it is not "
    "symmetric.": "singular",
    "eigvalsh reads one half of a matrix and takes the other for its mirror image: Sa Sb is not "
    "symmetric.": "one half",
    "This multiplies the roots of Sa and Sb: (Sa Sb)^½ is Sa^½ Sb^½ only if they commute.": "roots",
    "The features are not centred: a covariance is taken around the mean.": "uncentred",
    "These are correlations: take the covariances.": "correlations",
    "The covariances are not divided by N - 1.": "scatter",
}
ONE_ROW, OTHER_ROW = "one row in the first set", "one row in the second set"
RANK_DEFICIENT = {
    "few rows": "fewer rows than columns",
    "dead": "constant columns",
    "duplicated": "equal columns",
}
"""Name of the pair -> what is special about it."""

WINDOWS, WINDOW = 20, 12


def pairs(case: Evidence) -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
    """The pairs of sets to measure, all made from the two of the case."""
    a, b = case["features_a"], case["features_b"]
    dead_a, dead_b = a.clone(), b.clone()
    dead_a[:, :2] = dead_b[:, :1] = 0  # as units of a ReLU that never fire
    dead_b[:, 2] = 1.5
    return {
        "full": (a, b),
        "few rows": (a[:4], b[:5]),
        "dead": (dead_a, dead_b),
        "duplicated": tuple(torch.cat([x, x[:, :2]], dim=1) for x in (a, b)),
        "two rows": (a[:2, :4], b[:3, :4]),
    }


def equal_sets(case: Evidence) -> list[torch.Tensor]:
    """Sets to compare with themselves: many, since rounding is negative only now and then."""
    windows = [case["features_a"][k : k + WINDOW] for k in range(WINDOWS)]
    return windows + [x for name in RANK_DEFICIENT for x in pairs(case)[name]]


def probe(answer: Callable, case: Evidence) -> Evidence:
    a, b = case["features_a"], case["features_b"]
    run = Recorder(case["seed"])
    with SafeEigenvalues():
        for name, pair in pairs(case).items():
            run(name, answer, *pair)
        run("swapped", answer, b, a)
        for number, x in enumerate(equal_sets(case)):
            run(f"equal {number}", answer, x, x.flip(0))
        run(ONE_ROW, answer, a[:1], b)
        run(OTHER_ROW, answer, a, b[:1])
        run("a set without rows", answer, a[:0], b)
        run.on_devices("full", lambda to: answer(to(a), to(b)))
    return run.evidence


def distance(sheet: Sheet, name: str) -> torch.Tensor:
    """The Python number that the call ``name`` returned, as a tensor, or a fault.

    An int may stand for a float: max(0, x) gives one.
    """
    value, kind = sheet.evidence.get(name), str(sheet.evidence.get(f"{name}.type", ""))
    expect("complex" not in kind, f"It returned a complex number. {ADVICE['complex']}")
    number = float(value) if type(value) is int else sheet.number(name)
    return torch.tensor(number, dtype=torch.double)


def judge(case: Evidence, key: Evidence, evidence: Evidence) -> list[Criterion]:
    sheet = Sheet(evidence, ADVICE)
    with sheet.criterion("a Python float", points=1):
        received = distance(sheet, "full")
        expect(
            bool(received.isfinite()),
            f"The distance is {received.item()}: a negative number under a root? The root is that "
            "of the matrix Sa Sb, not of its entries; its eigenvalues are not negative.",
        )
    with sheet.criterion("the means' term and the covariances' term", points=2):
        zero = (
            "It is 0 for sets that differ: a clamp hides that it is negative, as it is if the "
            "root is missing, or is that of the entries of Sa Sb."
        )
        expect_near(
            distance(sheet, "full"),
            key["full"],
            key["full traces"],
            {message: key[mistake] for message, mistake in MISTAKES.items()}
            | {zero: torch.zeros_like(key["full"])},
            "This is not the squared distance of the means plus the trace of "
            "Sa + Sb - 2 (Sa Sb)^½.",
        )
    with sheet.criterion("symmetric, 0 for equal sets, never negative", points=1):
        _expect_a_distance(sheet, key)
    with sheet.criterion("also for rank-deficient features", points=1):
        for name, what in RANK_DEFICIENT.items():
            expect_deficient(sheet, key, name, what)
    with sheet.criterion("ValueError for fewer than 2 rows", points=1):
        _expect_refusals(sheet)
    # Through NumPy is fine here: a float has no device.
    sheet.gpu("full", advice="new tensors belong beside the features, NumPy wants .cpu() first.")
    return sheet.criteria


def _expect_a_distance(sheet: Sheet, key: Evidence) -> None:
    one, other = distance(sheet, "full"), distance(sheet, "swapped")
    expect(bool(one.isfinite()), "The distance of sets that differ is not finite: see above.")
    expect(
        near(one, other, key["full traces"]),
        "It is not symmetric: with the two sets swapped the distance is another one.",
        one,
        other,
    )
    equal = torch.stack(
        [distance(sheet, f"equal {number}") for number in range(len(key["equal traces"]))]
    )
    expect(
        not equal.isnan().any(),
        "The distance of equal sets is nan: rounding makes eigenvalues of 0 negative, which have "
        "no root. Clamp them at 0 first.",
        "0",
        "nan",
    )
    expect(
        near(equal, torch.zeros_like(equal), key["equal traces"]),
        "Two sets of the same rows, in another order, have the distance 0.",
        "0",
        show(equal[equal.abs().argmax()]),
    )
    lowest = min(equal.min().item(), one.item(), other.item())
    expect(
        lowest >= 0,
        "It is negative for equal sets, by rounding: a distance is never below 0, so clamp it.",
        "0 or more",
        show(lowest),
    )


def expect_deficient(sheet: Sheet, key: Evidence, name: str, what: str) -> None:
    """Raise a fault unless the distance of the pair ``name``, which has ``what``, is right."""
    error = sheet.error(name)
    if error.startswith("ValueError"):
        raise Fault(
            f"With {what} your code raised {error}. Such features have a distance, too: only "
            "fewer than 2 rows are refused.",
            raised=True,
        )
    received = distance(sheet, name)
    expect(
        bool(received.isfinite()),
        f"With {what} the distance is {received.item()}: rounding makes eigenvalues of 0 "
        "negative, which have no root. Clamp them at 0 first.",
        key[name],
        received,
    )
    ordinary = near(distance(sheet, "full"), key["full"], key["full traces"])
    expect(ordinary, "The distance of ordinary features is wrong already: see above.")
    expect_near(
        received,
        key[name],
        key[f"{name} traces"],
        {},
        f"The distance is wrong for features with {what}.",
    )
    expect(received.item() >= 0, f"The distance is negative for features with {what}.")


def _expect_refusals(sheet: Sheet) -> None:
    why = "is accepted: a covariance takes 2 rows. Raise ValueError, for either side."
    for name in (ONE_ROW, OTHER_ROW, "a set without rows"):
        sheet.expect_value_error(name, f"{name.capitalize()} {why}")
        expect(
            "infs or NaNs" not in sheet.error(name),
            "This ValueError is a library's, which stumbled over nan: look at the number of rows "
            "yourself, and say in the sentence that it is too small.",
        )

"""Exercise class-weights, first part: inverse-frequency weights."""

from collections.abc import Callable

import torch

from course_utils.evidence import Evidence, Recorder
from course_utils.faults import expect, expect_close, expect_dtype, expect_shape
from course_utils.judging import Criterion, Sheet

HINTS = (
    "Count by hand for labels [0, 0, 0, 1] and 3 classes: N = 4, C = 3, the counts are 3, "
    "1, 0. Which three weights does the rule give?",
    "`torch.bincount` counts, and its `minlength` keeps absent classes at the end. The "
    "division by a count of 0 gives inf: find a way round it.",
    "Divide by `counts.clamp(min=1)`, so that nothing is divided by 0, then let "
    "`torch.where(counts > 0, ..., 0.0)` put the zeros in.",
)


MISTAKES = {
    "The factor 1/C is missing: N / (C n_c) is 1 for balanced classes.": "no C",
    "These are frequencies: rare classes need large weights, so divide by n_c.": "frequency",
    "The factor N / C is missing.": "no N",
    "These weights sum to 1: the rule N / (C n_c) does not normalize them.": "normalized",
    "C is num_classes, not the number of classes that occur.": "present C",
    "These are counts: rare classes need large weights, so divide by n_c.": "counts",
}


def probe(answer: Callable, case: Evidence) -> Evidence:
    labels, num_classes = case["labels"], case["num_classes"]
    run = Recorder(case["seed"])
    run("weights", answer, labels, num_classes)
    run("absent", answer, labels, num_classes + 2)
    run("single", answer, labels[:1], num_classes)
    run.on_devices("weights", lambda to: answer(to(labels), num_classes))
    return run.evidence


def judge(case: Evidence, key: Evidence, evidence: Evidence) -> list[Criterion]:
    sheet = Sheet(evidence)
    labels, num_classes = case["labels"], case["num_classes"]

    def weights(name: str, length: int) -> torch.Tensor:
        expect_shape(
            sheet.tensor(name),
            (length,),
            {
                tuple(labels.shape): "One weight per label: one per class is asked for.",
                (int(labels.max()) + 1,): "The length follows the labels at hand: "
                "torch.bincount takes minlength=num_classes.",
            },
        )
        return sheet.tensor(name)

    with sheet.criterion("shape (C,), float32", points=1):
        received = weights("weights", num_classes)
        expect_dtype(received, torch.float32, "The weights are not float32: .float() converts.")
    with sheet.criterion("N / (C n_c) for the classes that occur", points=2):
        present = key["weights"] > 0
        expect_close(
            weights("weights", num_classes)[present].float(),
            key["weights"][present],
            {message: key[mistake][present] for message, mistake in MISTAKES.items()},
            "These are not N / (C n_c), with n_c the number of labels of class c.",
        )
    with sheet.criterion("0 for an absent class", points=1):
        received = weights("absent", num_classes + 2).float()
        expect(
            bool(torch.isfinite(received).all()),
            "An absent class gets inf or nan, a division by n_c = 0: its weight is 0.",
            key["absent"],
            received,
        )
        expect(
            bool((received[num_classes:] == 0).all()),
            "An absent class gets a weight other than 0: is its count raised to 1?",
            key["absent"],
            received,
        )
    sheet.gpu("weights")
    return sheet.criteria

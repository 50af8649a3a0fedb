"""Exercise multi-condition: one-hot labels and one-hot levels side by side."""

from collections.abc import Callable

import torch

from course_utils.evidence import Evidence, Recorder
from course_utils.faults import expect_close, expect_dtype, expect_shape
from course_utils.judging import Criterion, Sheet

HINTS = (
    "Write down by hand the row for the label 2 of 3 classes and the level 0 of 2 levels. It has "
    "five entries, and two of them are 1. Which entries of yours differ?",
    "Make the one-hot labels and the one-hot levels first, each with the width that its own number "
    "gives, then join them. They stand side by side, so the columns are joined, and the rows stay.",
    "`torch.cat([labels_onehot, levels_onehot], dim=1)`, where each part is "
    "`F.one_hot(..., its number)`. `F.one_hot` gives integers: `.float()` converts.",
)
ADVICE = {
    "Class values must be smaller": "A one-hot row is narrower than its values need: the labels go "
    "with num_classes, the levels with num_levels.",
    "at non-singleton dimension 1": "One-hot labels and one-hot levels differ in width, so they "
    "cannot be added: join them with torch.cat, dim=1.",
}


def probe(answer: Callable, case: Evidence) -> Evidence:
    labels, levels = case["labels"], case["levels"]
    num_classes, num_levels = case["num_classes"], case["num_levels"]
    run = Recorder(case["seed"])
    run("vector", answer, labels, levels, num_classes, num_levels)
    # The other way round there are more levels than classes.
    run("exchanged", answer, levels, labels, num_levels, num_classes)
    run("single", answer, labels[:1], levels[:1], num_classes, num_levels)
    run.on_devices("vector", lambda to: answer(to(labels), to(levels), num_classes, num_levels))
    return run.evidence


def judge(case: Evidence, key: Evidence, evidence: Evidence) -> list[Criterion]:
    sheet = Sheet(evidence, ADVICE)
    batch, width = key["vector"].shape
    with sheet.criterion("shape (B, C + num_levels), float32", points=1):
        expect_dtype(
            _vector(case, sheet),
            torch.float32,
            "The vector is not float32, and a layer could not multiply it: .float() converts.",
        )
    with sheet.criterion("the one-hot label first, then the one-hot level", points=2):
        expect_close(
            _vector(case, sheet).float(),
            key["vector"],
            {
                "The levels come first: the labels go first.": key["levels first"],
                "The columns of the levels are all zeros.": key["no levels"],
                "The columns of the labels are all zeros.": key["no labels"],
                "Each 1 is one column too far to the left: classes and levels count from 0.": key[
                    "left"
                ],
                "Every row is that of the first sample: each row needs its own.": key["first"],
                "Every row has the ones of the whole batch: row i needs its own label and level "
                "only.": key["columns"],
                "Columns of labels and levels alternate: all those of the labels go first.": key[
                    "alternating"
                ],
            },
            "These are not the one-hot labels with the one-hot levels beside them.",
        )
    with sheet.criterion("any number of classes and levels", points=1):
        expect_shape(sheet.tensor("exchanged"), (batch, width))
        expect_close(
            sheet.tensor("exchanged").float(),
            key["exchanged"],
            {"The levels come first: the labels go first.": key["vector"]},
            f"Wrong for {case['num_levels']} classes and {case['num_classes']} levels.",
        )
    sheet.gpu("vector")
    return sheet.criteria


def _vector(case: Evidence, sheet: Sheet) -> torch.Tensor:
    """The answer's vectors, of the right shape."""
    labels, levels = case["labels"], case["levels"]
    num_classes, num_levels = case["num_classes"], case["num_levels"]
    batch, low, high = len(labels), int(labels.max()) + 1, int(levels.max()) + 1
    by_data = (
        "The number of columns follows the labels and levels at hand: use num_classes and "
        "num_levels."
    )
    expect_shape(
        sheet.tensor("vector"),
        (batch, num_classes + num_levels),
        {
            (batch, num_classes * num_levels): "One column for each pair of class and level: "
            "one-hot labels and levels stand side by side, C + num_levels columns.",
            (batch, num_classes, num_levels): "One entry for each pair of class and level: "
            "one-hot labels and levels stand side by side, C + num_levels columns.",
            (batch, low + high): by_data,
            (batch, num_classes + high): by_data,
            (batch, low + num_levels): by_data,
            (batch, 13): "13 columns, whatever the sizes: use num_classes and num_levels.",
            (batch, num_classes + 1): "The level is one column: it has to be one-hot too.",
            (batch, num_classes): "There are num_classes columns: num_levels more are missing.",
            (batch, 2): "The numbers themselves are side by side: make each one-hot first.",
            (num_classes + num_levels,): "One row for the whole batch: each sample needs its own.",
            (num_classes + num_levels, batch): "Rows and columns are swapped.",
        },
    )
    return sheet.tensor("vector")

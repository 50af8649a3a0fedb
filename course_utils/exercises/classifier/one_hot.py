"""Exercise one-hot: labels as rows of zeros with a single one."""

from collections.abc import Callable

import torch

from course_utils.evidence import Evidence, Recorder
from course_utils.faults import expect_close, expect_dtype, expect_shape
from course_utils.judging import Criterion, Sheet

HINTS = (
    "Write down by hand the rows for the labels [0, 2] and 3 classes. If the check has run: "
    "which entries differ from those asked for, and in shape, place or type?",
    "Two jobs: first look whether all labels lie in [0, num_classes), then make the "
    "codes. The smallest and the largest label tell the first. A new tensor must be made "
    "on `labels.device`.",
    "The rows of an identity matrix are the one-hot codes of 0, 1, 2, ...: pick row "
    "`labels[i]` for each i by indexing `torch.eye(num_classes, device=...)` with a "
    "tensor. Before that: `if labels.min() < 0 or ...: raise ValueError(...)`.",
)


def probe(answer: Callable, case: Evidence) -> Evidence:
    labels, num_classes = case["labels"], case["num_classes"]
    run = Recorder(case["seed"])
    run("codes", answer, labels, num_classes)
    run("single", answer, labels[-1:], num_classes)
    run("a label that is too large", answer, torch.tensor([0, num_classes]), num_classes)
    run("a label that is negative", answer, torch.tensor([0, -1]), num_classes)
    run.on_devices("codes", lambda to: answer(to(labels), num_classes))
    return run.evidence


def judge(case: Evidence, key: Evidence, evidence: Evidence) -> list[Criterion]:
    sheet = Sheet(evidence)
    labels, num_classes = case["labels"], case["num_classes"]
    batch = len(labels)

    def codes() -> torch.Tensor:
        expect_shape(
            sheet.tensor("codes"),
            (batch, num_classes),
            {
                (num_classes, batch): "Rows and columns are swapped: one row per label.",
                (batch, 1): "One column only: each class needs a column of its own.",
                (num_classes,): "One row for the whole batch: each label needs a row of its own.",
                (batch, int(labels.max()) + 1): "The number of columns follows the labels at hand: "
                "use num_classes, or a batch without the last class comes out too narrow.",
            },
        )
        return sheet.tensor("codes")

    with sheet.criterion("shape (B, C), float32", points=1):
        expect_dtype(
            codes(),
            torch.float32,
            "The codes are not float32, and a layer could not multiply them: .float() converts.",
        )
    with sheet.criterion("one 1 per row, in the column of its label", points=2):
        expect_close(
            codes().float(),
            key["codes"],
            {
                "All entries are zero: set column labels[i] of row i to 1.": key["zeros"],
                "Every row is the code of the first label: each row needs its own.": key["first"],
                "The entry is the label itself: a code has a 1 there, whatever the class.": key[
                    "label"
                ],
                "Each 1 is one column too far to the left: classes count from 0.": key["left"],
                "Zeros and ones are swapped.": 1 - key["codes"],
                "Every row has the ones of the whole batch: [:, labels] sets these columns in all "
                "rows; row i needs a 1 in column labels[i] only.": key["columns"],
            },
            "The ones are not in the columns that the labels name.",
        )
    with sheet.criterion("ValueError for a label outside [0, C)", points=1):
        for name in ("a label that is too large", "a label that is negative"):
            sheet.expect_value_error(name, f"{name.capitalize()} is accepted: check labels first.")
    sheet.gpu("codes")
    return sheet.criteria

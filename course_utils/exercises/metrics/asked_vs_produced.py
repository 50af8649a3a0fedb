"""Exercise asked-vs-produced: which classes the judge sees, for each class asked for."""

from collections.abc import Callable

import torch

from course_utils.evidence import Evidence, Recorder
from course_utils.exercises.drawing import FAILING, expect_gradients_on
from course_utils.exercises.metrics.judges import (
    EITHER_MODE,
    SpyJudge,
    as_images,
    ask,
    judge_device,
    judge_modes,
)
from course_utils.faults import expect, expect_close, expect_floats, expect_shape
from course_utils.judging import Criterion, Sheet

HINTS = (
    "Take four images by hand: class 0 was asked for three times, and the judge sees 0, 0 and 1; "
    "class 2 was asked for once, and the judge sees 1. Of three classes, what is the matrix? "
    "Row 0 is [2/3, 1/3, 0], row 1 is zeros, row 2 is [0, 1, 0].",
    "First count the pairs (class asked for, class seen) in a matrix of num_classes rows and "
    "columns, then divide each row by its sum. `counts[labels, seen] += 1` counts a pair that "
    "comes twice only once; a loop, torch.bincount or a product of one-hot codes counts it twice.",
    "`asked = F.one_hot(labels, num_classes).float()` and likewise `produced`, from the judge's "
    "argmax; `counts = asked.T @ produced` are the counts. `counts.sum(dim=1, keepdim=True)` are "
    "the sums of the rows, and `.clamp(min=1)` keeps an empty row at zeros. Ask the judge in eval "
    "mode under `torch.no_grad()`, and restore its mode in `finally`.",
)
ADVICE = {
    "where it takes (B, 1, 28, 28)": "Hand the images on as they are, without flatten or view.",
    "out of bounds": "The matrix has num_classes rows and columns, and argmax(dim=1) gives one "
    "class per image: is it so with yours?",
    "could not be broadcast": "Pair one class per image with one label per image: argmax goes over "
    "dim=1, the classes.",
    "must match the size of tensor": "Pair one class per image with one label per image: argmax "
    "goes over dim=1, the classes.",
}

MISTAKES = {
    "Rows and columns are swapped: the row is the class asked for, the column is the class that "
    "the judge sees.": "transposed",
    "Each row is a class that the judge sees, and not one that was asked for: swap rows and "
    "columns before you divide.": "rows produced",
    "The columns sum to 1, not the rows: divide each row by its own sum (dim=1, "
    "keepdim=True).": "columns",
    "Each column is divided by the sum of a row: keep the dimension, counts.sum(dim=1, "
    "keepdim=True).": "no keepdim",
    "These are counts: divide each row by its sum.": "counts",
    "The whole matrix sums to 1: divide each row by its own sum, not by the number of "
    "images.": "over all",
    "These are percentages: each row sums to 1.": "percentages",
    "A pair that comes several times counts once, because counts[labels, seen] += 1 adds once per "
    "place: use a loop, torch.bincount or one-hot codes.": "once",
    "A pair that comes several times counts once, and the row does not sum to 1: "
    "counts[labels, seen] += 1 adds once per place.": "once over asked",
    "Only the diagonal is filled in: count what the judge sees instead, too.": "diagonal",
    "These are mean probabilities: count the class with the largest logit of each image.": "soft",
    "The judge was in training mode inside, where it sees badly: call judge.eval() before you ask "
    "it.": "blind",
    "There are nans in the rows of classes that were asked for: divide each row by its own sum "
    "(dim=1, keepdim=True).": "nan",
}


def probe(answer: Callable, case: Evidence) -> Evidence:
    run = Recorder(case["seed"])
    num_classes = case["num_classes"]
    ask(run, answer, case, num_classes)
    last = torch.tensor([num_classes - 1])  # nobody asks for it in the other runs
    run("last", answer, SpyJudge(case).eval(), as_images(case["pixels"][:1]), last, num_classes)
    return run.evidence


def judge(case: Evidence, key: Evidence, evidence: Evidence) -> list[Criterion]:
    sheet, asked = Sheet(evidence, ADVICE), case["labels"].unique()
    never = torch.tensor([c for c in range(case["num_classes"]) if c not in asked])
    with sheet.criterion("shape (C, C), of floats", points=1):
        for name in EITHER_MODE:
            matrix = matrix_of(case, sheet, name)
            expect_floats(matrix, "The entries are not floats: shares lie between 0 and 1.")
    with sheet.criterion("row of a class asked for: how often each class is seen", points=2):
        expect_close(
            matrix_of(case, sheet, "result")[asked].double(),
            key["matrix"][asked],
            {message: key[mistake][asked] for message, mistake in MISTAKES.items()},
            f"In the rows of the classes asked for, {asked.tolist()}, these are not the shares of "
            "the classes that the judge sees.",
        )
    with sheet.criterion("row of a class never asked for: zeros", points=1):
        rows = matrix_of(case, sheet, "result")[never].double()
        expect_close(
            rows,
            torch.zeros_like(rows),
            {
                "A class that was never asked for has nans: 0 / 0. Divide by at least 1, "
                "sums.clamp(min=1).": torch.full_like(rows, torch.nan),
                "A class that was never asked for has equal shares: its row is "
                "zeros.": torch.full_like(rows, 1 / case["num_classes"]),
                "A class that was never asked for has a 1 on the diagonal: its row is "
                "zeros.": torch.eye(case["num_classes"], dtype=rows.dtype)[never],
            },
            f"Nobody asked for the classes {never.tolist()}, so their rows are zeros. Is the row "
            "the class asked for?",
        )
    with sheet.criterion("the matrix needs no gradient", points=1):
        for name in EITHER_MODE:
            sheet.tensor(name)
            expect(
                not evidence.get(f"{name}.requires_grad", True),
                "The matrix carries a graph for gradients: ask the judge under torch.no_grad().",
            )
        expect_gradients_on(sheet, *EITHER_MODE, *FAILING)
    judge_modes(sheet, sheet.tensor)
    judge_device(sheet, "make the matrix on the device of the labels (device=labels.device).")
    return sheet.criteria


def matrix_of(case: Evidence, sheet: Sheet, name: str) -> torch.Tensor:
    """The matrix that the call ``name`` returned; a fault unless its shape is (C, C)."""
    num_classes, labels = case["num_classes"], case["labels"]
    follows = "The size follows the classes that occur: num_classes says how many there are."
    occur = {len(labels.unique()), *range(int(labels.max()) + 1, num_classes)}
    mistakes = {(size, size): follows for size in occur}
    mistakes |= {
        (num_classes,): "There is one number per class: each class asked for needs a row of its "
        "own.",
        (len(labels), num_classes): "There is one row per image: make one row per class, over all "
        "images that were made for it.",
    }
    mistakes |= {(10, 10): "Ten classes, whatever num_classes is: use num_classes."}
    matrix = sheet.tensor(name)
    expect_shape(matrix, (num_classes, num_classes), mistakes)
    return matrix

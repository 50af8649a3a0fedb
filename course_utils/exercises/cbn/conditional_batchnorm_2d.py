"""Exercise conditional-batchnorm-2d: the same for images, with one γ and β per class, channel."""

import torch
import torch.nn.functional as F
from torch import nn

from course_utils.evidence import Evidence, Recorder
from course_utils.exercises.cbn import batchnorm
from course_utils.exercises.cbn.batchnorm import (
    expect_no_affine,
    judge_batchnorm,
    judge_learning,
    run_batchnorm,
)
from course_utils.exercises.cbn.modulation import step, sweep
from course_utils.exercises.networks import GPU_ADVICE, expect_repeatable, output
from course_utils.faults import close, expect, expect_shape
from course_utils.judging import Criterion, Sheet

HINTS = (
    "γ and β come as (B, F), x is (B, F, H, W). Broadcasting lines shapes up from the right: with "
    "which dimension of x would F meet?",
    "No embedding size this time: one table for γ and one for β, with a row per class and a number "
    "per channel. What does each start with? Then let the rows that the labels choose have as many "
    "dimensions as x.",
    "`nn.BatchNorm2d(num_features, affine=False)`, and two `nn.Embedding(num_classes, "
    "num_features)`: `nn.init.ones_` for the one's weight, `nn.init.zeros_` for the other's. "
    "`self.gamma(labels)[:, :, None, None]` is (B, F, 1, 1).",
)

ADVICE = batchnorm.ADVICE | {
    "must match the size": "γ and β are (B, F): give them two more dimensions, "
    "[:, :, None, None], so that they meet the channels of x.",
    "expected 2D or 3D input": "x is (B, F, H, W): nn.BatchNorm2d takes it.",
}


def probe(answer: type[nn.Module], case: Evidence) -> Evidence:
    run = Recorder(case["seed"])

    def build(classes: int) -> nn.Module:
        return answer(case["num_features"], classes)

    if run_batchnorm(run, build, case) is not None:
        run("first class", lambda: _first_class(build(case["num_classes"]), case))
    return run.evidence


def _first_class(model: nn.Module, case: Evidence) -> torch.Tensor:
    """The outputs for each class, before and after the first step, which is on class 0."""
    x, codes = case["x"], torch.arange(case["num_classes"])
    labels = torch.zeros_like(case["labels"])
    before = sweep(model, x, codes)
    step(model, lambda: F.mse_loss(model(x.clone(), labels), case["pull"]))
    return torch.stack([before, sweep(model, x, codes)])


def judge(case: Evidence, key: Evidence, evidence: Evidence) -> list[Criterion]:
    sheet = Sheet(evidence, ADVICE)
    with sheet.criterion("output of shape (B, F, H, W)", points=1):
        _expect_images(tuple(case["x"].shape), output(sheet, "output"))
    judge_batchnorm(sheet, case, key)
    with sheet.criterion("no second affine, and each class has its own γ and β", points=1):
        expect_no_affine(sheet, case, key)
        _expect_rows(sheet, case)
    judge_learning(sheet, case, key)
    sheet.gpu("device", advice=GPU_ADVICE)
    return sheet.criteria


def _expect_images(shape: tuple[int, ...], outputs: torch.Tensor) -> None:
    batch, features, *_ = shape
    paired = "Each sample is paired with each label: γ and β are (B, F, 1, 1), no more dimensions."
    flat = "The images are flat: x keeps its height and width."
    mistakes = {
        (batch, *shape): paired,
        (batch, features): flat,
        (batch, outputs[0].numel()): flat,
    }
    expect_shape(outputs, shape, mistakes)


def _expect_rows(sheet: Sheet, case: Evidence) -> None:
    expect_repeatable(sheet)
    expect_shape(output(sheet, "output"), tuple(case["x"].shape))
    before, after = sheet.tensor("first class")
    own, *others = after - before
    expect(not close(own, torch.zeros_like(own), 1e-6), "A step on class 0 leaves it as it is.")
    # A bias that all classes share moves all others alike; the rows still reach every value.
    shared = (
        "A step on class 0 changes other classes, and not all alike: they share a row, or a layer "
        "behind an embedding. Keep a table with one row per class, and nothing else."
    )
    expect(all(close(other, others[0], 1e-6) for other in others), shared)

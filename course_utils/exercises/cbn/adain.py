"""Exercise adain: adaptive instance normalization."""

from collections.abc import Callable

import torch

from course_utils.evidence import Evidence, Recorder
from course_utils.exercises.gradients import gradients
from course_utils.faults import close, expect, expect_close, expect_shape
from course_utils.judging import Criterion, Sheet

HINTS = (
    "Take random x, scales of 1 and shifts of 0. Look at `out.mean(dim=(2, 3))` and "
    "`out.var(dim=(2, 3), correction=0)`: each of the B·F channels has mean 0 and variance 1. "
    "If only their averages do, your statistics mix samples or channels.",
    "One mean for each sample and channel, taken over its H×W pixels: these are two dimensions, "
    "and keepdim=True keeps both for the broadcast. PyTorch's var divides by N - 1 unless you ask "
    "for correction=0. scale and shift are (B, F) and need two more dimensions, at the end.",
    "`x.mean(dim=(2, 3), keepdim=True)`, and var likewise with `correction=0`. Divide by "
    "`(var + eps).sqrt()`. `scale[:, :, None, None]` has the shape (B, F, 1, 1).",
)

MISTAKES = {
    "The variance is the unbiased one, divided by N - 1: the biased one divides by N "
    "(correction=0).": "unbiased",
    "The statistics run over the batch, too, as in batch normalization: each sample has its "
    "own.": "batch",
    "The statistics run over the channels, too, as in layer normalization: each channel has its "
    "own.": "layer",
    "There is one mean and one variance for all of x: each sample's channel has its own.": "global",
    "The statistics run over the channels of each pixel: take them over the pixels of each "
    "channel, dim=(2, 3).": "pixel",
    "The statistics run over H only: a channel is H×W pixels, dim=(2, 3).": "height",
    "The statistics run over W only: a channel is H×W pixels, dim=(2, 3).": "width",
    "The 1 + is too much: it is scale times the normalized x here, not (1 + scale).": "one plus",
    "scale and shift are swapped.": "swapped",
    "It is divided by the variance: take its root.": "variance",
    "It is multiplied by the standard deviation: divide by it.": "multiplied",
    "The shift is scaled, too: scale first, then shift.": "shift first",
    "All samples got the scale and shift of the first one: each has its own.": "first",
    "All samples got the mean of the scales and shifts: each has its own.": "averaged",
    "The mean is not subtracted.": "not centred",
    "It is not divided by the standard deviation.": "not divided",
    "x is not normalized: this is scale * x + shift, as in FiLM.": "film",
    "It is normalized, but not scaled and shifted.": "plain",
    "The shift is missing.": "no shift",
    "The scale is missing.": "no scale",
    "The shift is subtracted: add it.": "minus shift",
}
"""Sentence -> the key's value."""

ADVICE = {
    "must match the size": "scale and shift are (B, F): [:, :, None, None] makes (B, F, 1, 1) of "
    "them. Means and variances need the same shape: keepdim=True.",
    "must match the existing size": "scale and shift are (B, F): [:, :, None, None] makes "
    "(B, F, 1, 1) of them.",
    "positional arguments but 4 were given": "The fourth argument is eps.",
    "missing 1 required positional argument": "eps has a default: eps=1e-5.",
    "in-place operation": "This writes into x: make a new tensor, x - mean, instead.",
}
"""What errors mean here: part of their text -> a sentence."""


def probe(answer: Callable, case: Evidence) -> Evidence:
    x, scale, shift = inputs = case["x"], case["scale"], case["shift"]
    run = Recorder(case["seed"])
    run("out", answer, *inputs)
    run("single", answer, x[:1], scale[:1], shift[:1])
    run("tiny", answer, case["tiny"], scale, shift)
    run("eps", answer, *inputs, case["eps"])
    run("constant", answer, case["constant"], scale, shift)

    def weighted(*inputs: torch.Tensor) -> torch.Tensor:
        # The plain sum of what is normalized does not depend on x.
        return answer(*inputs) * case["weights"]

    run("gradient", gradients, weighted, *inputs)
    run.on_devices("out", lambda to: answer(to(x), to(scale), to(shift)))
    return run.evidence


def judge(case: Evidence, key: Evidence, evidence: Evidence) -> list[Criterion]:
    sheet = Sheet(evidence, ADVICE)
    shape = batch, channels, height, width = tuple(case["x"].shape)
    with sheet.criterion("shape (B, F, H, W)", points=1):
        shapes = {
            (batch, *shape): "Each sample is paired with each scale and shift: they are "
            "(B, F, 1, 1), no more dimensions.",
            (batch, channels): "The pixels are gone: a mean over H and W is what you subtract, not "
            "what you return.",
            (batch, channels, height * width): "The pixels of each channel stay in one row: give "
            "the result the shape of x.",
        }
        expect_shape(sheet.tensor("out"), shape, shapes)
    with sheet.criterion("each sample's channel normalized, then scaled and shifted", points=2):
        expect_shape(sheet.tensor("out"), shape)
        expect_close(
            sheet.tensor("out"),
            key["out"],
            {message: key[name] for message, name in MISTAKES.items()},
            "This is not scale * (x - mean) / sqrt(variance + eps) + shift, with the statistics of "
            "each sample's channel.",
        )
    with sheet.criterion("eps is inside of the root, and 1e-5 if it is not given", points=1):
        _expect_eps(sheet, key)
    with sheet.criterion("a channel without variance gives its shift", points=1):
        constant = sheet.tensor("constant")
        expect_shape(constant, shape)
        expect(
            bool(constant.isfinite().all()),
            "A channel whose pixels are all equal is not finite: its variance is 0, and eps keeps "
            "the root above 0.",
            "finite numbers",
            constant,
        )
        message = "A channel whose pixels are all equal has x - mean = 0: its shift is left."
        expect_close(constant, key["constant"], {}, message)
    with sheet.criterion("gradients reach x, scale and shift", points=1):
        _expect_gradient(sheet, case, key)
    sheet.gpu("out")
    return sheet.criteria


def _expect_eps(sheet: Sheet, key: Evidence) -> None:
    expect(close(sheet.tensor("out"), key["out"]), "The value is wrong already: see above.")
    outside = "eps is added outside of the root: it belongs to the variance, (var + eps).sqrt()."
    expect_close(
        sheet.tensor("tiny"),
        key["tiny"],
        {
            outside: key["tiny outside"],
            "eps is missing, or far below 1e-5: add it to the variance.": key["tiny none"],
        },
        "Without eps a channel of tiny variance is wrong: 1e-5 is added to the variance then.",
    )
    expect_close(
        sheet.tensor("eps"),
        key["eps"],
        {outside: key["eps outside"], "The argument eps is ignored.": key["out"]},
        "With another eps the result is wrong: it is added to the variance, inside of the root.",
    )


def _expect_gradient(sheet: Sheet, case: Evidence, key: Evidence) -> None:
    expect_shape(sheet.tensor("out"), tuple(case["x"].shape))
    names = ("x", "scale", "shift")
    parts = sheet.tensor("gradient").split([case[name].numel() for name in names])
    for name, part in zip(names, parts, strict=True):
        expect(
            bool(part.any()),
            f"No gradient reaches {name}: something detaches it (.detach(), .data, no_grad), or it "
            "is not used.",
        )
    # Another formula has other gradients, and has lost its marks above.
    if close(sheet.tensor("out"), key["out"]):
        expect_close(
            sheet.tensor("gradient"),
            key["gradient"],
            {
                "The mean and the variance are detached: they depend on x, and the gradient flows "
                "through them.": key["gradient statistics"],
                "The mean is detached: it depends on x.": key["gradient mean"],
                "The variance is detached: it depends on x.": key["gradient variance"],
            },
            "The value is right, but its gradient is not: look for detach, .item() or clamp.",
        )

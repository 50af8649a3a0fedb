"""Exercise conditional-vae/decode: from a latent code and a label to an image."""

from collections.abc import Callable

import torch
from torch import nn

from course_utils.evidence import Evidence, Recorder
from course_utils.exercises.networks import (
    GPU_ADVICE,
    VISIBLE,
    expect_own_label,
    expect_training,
    extremes,
    output,
    run_copies,
    run_plainly,
    run_sweeps,
    run_training,
    sweep,
)
from course_utils.exercises.vae.models import ADVICE, Half, build, codes_of
from course_utils.faults import close, expect, expect_shape
from course_utils.judging import Criterion, Sheet

__all__ = ["ADVICE", "HINTS", "judge", "probe"]

HINTS = (
    "The decoder is the encoder backwards: z is (B, latent_dim), the one-hot labels are "
    "(B, num_classes). Where do they meet, and how many pixels come out? Which range have these?",
    "Join z and the one-hot labels along dim 1. A hidden layer with an activation follows, then "
    "one that gives input_dim numbers. A pixel is a brightness between 0 and 1, and all pixels may "
    "be bright at once: which activation treats each pixel on its own?",
    "`h = F.relu(self.from_z(torch.cat([z, labels_onehot], dim=1)))`, where `self.from_z` has "
    "`latent_dim + num_classes` inputs; then return `torch.sigmoid(self.pixels(h))`, where "
    "`self.pixels` goes from `hidden_dim` to `input_dim`.",
)


def probe(answer: Callable, case: Evidence) -> Evidence:
    z, labels = case["z"], case["labels"]
    run = Recorder(case["seed"])
    vae = run("model", build, answer, case)
    run("eval", lambda: vae.eval())
    run("images", lambda z, codes: vae.decode(z, codes), z, codes_of(labels, case))
    run("default images", lambda: answer().eval().decode(torch.randn(3, 16), torch.eye(10)[:3]))
    if not isinstance(vae, nn.Module):
        return run.evidence
    network = Half(vae, "decode", case)
    run_plainly(run, network, z, labels)
    run_sweeps(run, network, z, labels, case["num_classes"])
    run("extremes", lambda: extremes(network, z, labels))
    run_training(run, network, z, labels)
    run_copies(run, network, lambda: Half(build(answer, case), "decode", case), z, labels)
    return run.evidence


def judge(case: Evidence, key: Evidence, evidence: Evidence) -> list[Criterion]:
    sheet = Sheet(evidence, ADVICE)
    with sheet.criterion("images of shape (B, input_dim), 784 by default", points=1):
        _expect_images(case, sheet)
    with sheet.criterion("pixels in [0, 1], both ends in reach", points=2):
        _expect_range(_tensor(sheet, "own"), _tensor(sheet, "extremes"))
    with sheet.criterion("each image depends on its own z", points=2):
        _tensor(sheet, "images")
        by_z = sweep(sheet, "by input")
        expect(
            bool((by_z - by_z[:, :, :1]).abs().gt(VISIBLE).any()),
            "All z of a batch give the same image. Is z used? Is it averaged over the batch?",
        )
    with sheet.criterion("each image depends on its own label", points=2):
        _tensor(sheet, "images")
        expect_own_label(sheet, "image")
    with sheet.criterion("every layer learns and is saved, gradients reach z", points=1):
        _tensor(sheet, "images")
        expect_training(sheet, "z")
    sheet.gpu("device", advice=GPU_ADVICE)
    return sheet.criteria


def _tensor(sheet: Sheet, name: str) -> torch.Tensor:
    """The tensor ``name``, or a fault, which says first what is wrong with the images."""
    sheet.expect_no_error("model")
    sheet.tensor("images")
    return output(sheet, name)


def _expect_images(case: Evidence, sheet: Sheet) -> None:
    images = _tensor(sheet, "images")
    batch, input_dim = len(case["labels"]), case["input_dim"]
    mistakes = {
        (batch, 784): "input_dim is not used: 784 is only its default.",
        (batch, 1, 28, 28): "The images stay flat: (B, input_dim).",
        (batch, case["hidden_dim"]): "The hidden layer is returned: a layer from hidden_dim to "
        "input_dim is missing.",
        (batch, case["latent_dim"]): "These are as many numbers as z has: an image has input_dim.",
        (2 * batch, input_dim): "Twice as many images as labels: torch.cat goes along dim=1.",
    }
    expect_shape(images, (batch, input_dim), mistakes)
    expect(bool(images.isfinite().all()), "Some pixels are inf or nan.")
    expect_shape(sheet.tensor("default images"), (3, 784))


def _expect_range(images: torch.Tensor, ends: torch.Tensor) -> None:
    lowest, highest = ends.min().item(), ends.max().item()
    seen = "pixels in [0, 1], near both ends", f"pixels from {lowest:.3g} to {highest:.3g}"
    expect(
        lowest >= -VISIBLE or max(-lowest, highest) > 1 + VISIBLE,
        "Pixels are negative: [-1, 1] is tanh's range, [0, 1] is that of the sigmoid.",
        *seen,
    )
    expect(
        lowest >= -VISIBLE and highest <= 1 + VISIBLE,
        "With large weights the pixels leave [0, 1]: a sigmoid at the end keeps them inside.",
        *seen,
    )
    sums = images.sum(dim=1)
    expect(
        not close(sums, torch.ones_like(sums)),
        "The pixels of each image sum to 1: softmax makes them compete, a sigmoid treats each one "
        "on its own.",
    )
    expect(
        lowest <= 0.1 and highest >= 0.9,
        "However large the weights, the pixels never come near both 0 and 1: no activation comes "
        "between the last layer and the sigmoid, and nothing after it.",
        *seen,
    )

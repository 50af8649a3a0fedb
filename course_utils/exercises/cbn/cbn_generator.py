"""Exercise cbn-generator: the label enters through conditional batch normalization alone."""

import math

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from course_utils.evidence import Evidence, Recorder
from course_utils.exercises.cbn.models import (
    expect_label_in_train_mode,
    expect_widths,
    in_train_mode,
    run_widths,
)
from course_utils.exercises.cbn.paths import second_entrance
from course_utils.exercises.networks import (
    GPU_ADVICE,
    OTHER_SHAPE,
    SHAPE,
    VISIBLE,
    change_weights,
    expect_own_label,
    expect_training,
    extremes,
    learning,
    output,
    output_of_other_shape,
    run_copies,
    run_plainly,
    run_sweeps,
    run_training,
    sweep,
)
from course_utils.exercises.pixels import expect_images, expect_reach, expect_tanh_range
from course_utils.faults import Fault, close, expect, expect_shape
from course_utils.judging import Criterion, Sheet

HINTS = (
    "Follow the shapes on paper: z becomes a few small maps, a quarter of the image high and wide, "
    "and two steps double them. Which layers see the label, and what do they make of it before "
    "any training?",
    "A label with an effect before training enters at a second place (is it joined with z?), or γ "
    "does not start at 1. A label without one after training meets plain nn.BatchNorm2d only. "
    "nn.Sequential cannot hand labels on: keep the layers on `self` and call them one by one.",
    "In `__init__`: `nn.Linear(latent_dim, 2 * base_channels * (height // 4) * (width // 4))`, "
    "then two `ConditionalBatchNorm2d`, and a convolution of size 3 with `padding=1` behind each "
    "of them: from `2 * base_channels` to `base_channels` channels, and on to those of the image.",
    "In `forward`: `h = self.start(z).view(-1, 2 * base_channels, height // 4, width // 4)`, "
    "`h = F.relu(self.norm1(h, labels))`, `h = self.conv1(F.interpolate(h, scale_factor=2))`. The "
    "same once more with `norm2` and `conv2`, and a tanh around it all.",
)

ADVICE = {
    "'image_shape'": "Give base_channels=32 and image_shape=(1, 28, 28) as defaults.",
    "takes 2 positional arguments but 3 were given": "nn.Sequential hands on one argument: call "
    "each conditional batch normalization yourself, with the labels.",
    "missing 1 required positional argument": "nn.Sequential hands on one argument: call each "
    "conditional batch normalization yourself, with the labels.",
    "index out of range in self": "There are num_classes labels, whatever their number.",
    "must have the same dtype": "A layer got whole numbers: z comes first, the labels second, and "
    "a one-hot code needs .float().",
    "channels, but got": "A layer was made for another number of channels: follow them on paper, "
    "from layer to layer.",
    "is invalid for input of size": "Behind the linear layer there are channels · height · width "
    "numbers per sample.",
    "cannot be multiplied": "A layer was made for another width: z alone is latent_dim wide.",
}
"""What errors mean here: part of their text -> a sentence."""

ATEN = torch.ops.aten
CONVOLUTIONS = {ATEN.convolution, ATEN.im2col, ATEN.col2im, ATEN.unfold}  # by hand as well


class Convolutions(TorchDispatchMode):
    """Counts the convolutions that look at more than one pixel."""

    count = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        one_pixel = func is ATEN.convolution.default and args[1].shape[2:].numel() == 1
        self.count += func.overloadpacket in CONVOLUTIONS and not one_pixel
        return func(*args, **(kwargs or {}))


def probe(answer: type[nn.Module], case: Evidence) -> Evidence:
    z, labels, num_classes = case["z"], case["labels"], case["num_classes"]
    base_channels = case["base_channels"]

    def build(channels: int = base_channels, shape: tuple = SHAPE) -> nn.Module:
        return answer(case["latent_dim"], num_classes, channels, shape)

    run = Recorder(case["seed"])
    model = run("model", build)
    run_plainly(run, model, z, labels)
    if not isinstance(model, nn.Module):
        return run.evidence
    run("other", lambda: build(shape=OTHER_SHAPE).eval()(z.clone(), labels.clone()))
    default = run("default model", answer, case["latent_dim"], num_classes)
    run("default", lambda: default.eval()(z[:2].clone(), labels[:2].clone()))
    run_widths(run, build, base_channels, z, labels)
    run("convolutions", _convolutions, model, z, labels)
    run_sweeps(run, model, z, labels, num_classes)
    run("alone", model, z[:1], labels[:1])
    run("quiet", _quiet, model, z, labels)
    run("extremes", lambda: extremes(model, z[:2], labels[:2]))
    run("train mode", _in_three_batches, model, z, labels)
    run("moved", _before_and_after, model, z, labels)
    run_training(run, model, z, labels)
    run_copies(run, model, build, z[:2], labels[:2])
    run("trained", lambda: _trained(build(), z[:3], labels[:3]))
    run("second entrance", second_entrance, model, z[:3], labels[:3])
    return run.evidence


@torch.no_grad()
def _convolutions(model: nn.Module, z: torch.Tensor, labels: torch.Tensor) -> int:
    with Convolutions() as seen:
        model(z, labels)
    return seen.count


@torch.no_grad()
def _quiet(model: nn.Module, z: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Each z under the first three labels, with small weights: no pixel is clamped to an end."""
    change_weights(model, lambda p: p / 4)
    found = [model(z.clone(), label.expand_as(labels).clone()) for label in labels[:3]]
    change_weights(model, lambda p: p * 4)
    return torch.stack(found)


def _in_three_batches(model: nn.Module, z: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """The image of the first sample: as it is, with other neighbours, and with another label."""
    own, others, relabelled = torch.tensor([[0, 1, 2], [0, 3, 4], [3, 1, 2]])
    batches = [(z[own], labels[own]), (z[others], labels[others]), (z[own], labels[relabelled])]
    return in_train_mode(model, batches)[:, 0]


@torch.no_grad()
def _before_and_after(model: nn.Module, z: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Images in eval mode, before and after a batch in train mode."""
    before = model.eval()(z.clone(), labels.clone())
    model.train()(z[:3], labels[:3])
    return torch.stack([before, model.eval()(z.clone(), labels.clone())])


def _trained(model: nn.Module, z: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Images after a little training: one z under each label, then each z under one label."""
    goal = torch.randn_like(model.train()(z.clone(), labels.clone()))
    for _ in range(4):
        model.zero_grad()
        (model(z.clone(), labels.clone()) * goal).sum().backward()
        with torch.no_grad():
            for _, p in learning(model):
                if p.grad is not None:
                    p -= 0.01 * p.grad.to_dense().sign()
    with torch.no_grad():
        model.eval()
        batches = (z[:1].expand_as(z), labels), (z, labels[:1].expand_as(labels))
        return torch.stack([model(x.clone(), y.clone()) for x, y in batches])


def judge(case: Evidence, key: Evidence, evidence: Evidence) -> list[Criterion]:
    sheet = Sheet(evidence, ADVICE)
    with sheet.criterion("images of shape (B, *image_shape), for both shapes", points=1):
        _expect_shapes(sheet, len(case["z"]))
    with sheet.criterion("convolutions and batch normalization, base_channels wide", points=2):
        _expect_structure(sheet)
    with sheet.criterion("pixels in [-1, 1], both ends in reach", points=1):
        expect_tanh_range(output(sheet, "extremes"))
    with sheet.criterion("every pixel depends on the sample's own z", points=1):
        by_z, quiet = sweep(sheet, "by input"), sheet.tensor("quiet").flatten(2)
        changes = _rows(by_z - by_z[:, :, :1], quiet - quiet[:, :1])
        expect_reach(changes, "z", "Is it used? Is it averaged over the batch?")
    with sheet.criterion("the label enters through the norms alone: no effect at first", points=2):
        _expect_no_effect(sheet)
    with sheet.criterion("after training every pixel depends on the own label", points=2):
        expect_own_label(sheet, "image")
        by_label, quiet = sweep(sheet, "by label"), sheet.tensor("quiet").flatten(2)
        changes = _rows(by_label - by_label[:, :, :1], quiet - quiet[:1])
        expect_reach(changes, "the label", "Is it used?")
        own, _, relabelled = sheet.tensor("train mode")
        expect_label_in_train_mode(own, relabelled, "image")
        _expect_effect(sheet)
    with sheet.criterion("every layer learns and is saved, gradients reach z", points=1):
        expect_training(sheet, "z")
    sheet.gpu("device", advice=GPU_ADVICE)
    return sheet.criteria


def _rows(*differences: torch.Tensor) -> torch.Tensor:
    """All differences between images, one per row."""
    return torch.cat([images.flatten(0, -2) for images in differences])


def _expect_shapes(sheet: Sheet, batch: int) -> None:
    flat = "The images are flat: give them image_shape."
    expect_images(sheet, batch, flat)
    mistakes = {
        (batch, *SHAPE): "image_shape is not used: compute the sizes of your layers from it.",
        (batch, OTHER_SHAPE[0], *SHAPE[1:]): "For 32×32 the first map is 8×8, not 7×7: compute it "
        "from image_shape.",
        (batch, SHAPE[0], *OTHER_SHAPE[1:]): "The number of channels is image_shape[0].",
        (batch, math.prod(OTHER_SHAPE)): flat,
    }
    expect_shape(output_of_other_shape(sheet), (batch, *OTHER_SHAPE), mistakes)
    sheet.expect_no_error("default model")
    expect_shape(sheet.tensor("default"), (2, *SHAPE))


def _expect_structure(sheet: Sheet) -> None:
    output(sheet, "output")
    expect(
        sheet.number_of("convolutions") > 0,
        "No convolution was called that sees more than one pixel: let nn.ConvTranspose2d, or "
        "nn.Upsample and nn.Conv2d, make the image.",
    )
    expect_widths(sheet)
    own, with_others, _ = sheet.tensor("train mode")
    expect(
        not close(own, with_others, VISIBLE),
        "In train mode an image does not depend on the rest of its batch: batch normalization "
        "takes mean and variance over the batch.",
    )
    alone, in_batch = sheet.tensor("alone").flatten(), sweep(sheet, "by input")[2, 0, 0]
    expect(
        close(alone, in_batch, VISIBLE),
        "In eval mode an image depends on the rest of its batch: there batch normalization takes "
        "the running statistics, as nn.BatchNorm2d does.",
    )
    before, after = sheet.tensor("moved")
    expect(
        not close(before, after, VISIBLE),
        "A batch in train mode leaves the images of eval mode as they are: batch normalization "
        "updates its running statistics, as nn.BatchNorm2d does.",
    )


def _expect_no_effect(sheet: Sheet) -> None:
    fresh = sweep(sheet, "by label")[0]
    largest = (fresh - fresh[:, :1]).abs().max().item()
    expect(
        largest <= VISIBLE,
        "Before any training the label already changes the image: it enters elsewhere too (is it "
        "joined with z?), or γ does not start at 1 and β at 0 for every class.",
        "the same image under all labels",
        f"pixels that differ by up to {largest:.3g}",
    )
    entrance = sheet.evidence.get("second entrance")
    expect(
        entrance != "early",
        "z and the label meet before the first batch normalization: the label enters through "
        "conditional batch normalization alone.",
    )
    expect(
        entrance != "pixels",
        "What the label adds, or multiplies with, differs from pixel to pixel: γ and β are one "
        "number per class and channel.",
    )


def _expect_effect(sheet: Sheet) -> None:
    """Raise a fault unless a little training gives the label an effect."""
    by_label, by_z = sheet.tensor("trained")
    if not (by_label - by_label[:1]).abs().gt(VISIBLE).any():
        closed = "After some training steps neither z nor the label has an effect: γ that starts "
        closed += "at 0 closes each ReLU for good. It starts at 1."
        expect(bool((by_z - by_z[:1]).abs().gt(VISIBLE).any()), closed)
        raise Fault("After some training steps the label has no effect: do γ and β get gradients?")

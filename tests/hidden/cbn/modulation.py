"""What the hidden tests of conditional batch normalization share: cases and keys."""

import torch
import torch.nn.functional as F

from course_utils.evidence import Evidence
from course_utils.exercises.cbn.modulation import STATES
from course_utils.exercises.networks import output
from course_utils.faults import close, expect
from course_utils.judging import Sheet
from hidden.common import RULES, integer, mistakes_show
from hidden.networks import expect_small_batches

EPS, MOMENTUM = 1e-5, 0.1
LATER = 1 - (1 - MOMENTUM) ** (STATES + 2)
"""The weight of the batch after all calls in train mode: "start", each state, "slope"."""


def draw_batchnorm(generator: torch.Generator, shape: tuple[int, ...], classes: int) -> Evidence:
    """A case with x of ``shape`` (B, F, ...); every class occurs at least twice.

    The channels differ in mean and scale, and the first varies so little that eps counts.
    """
    batch, features, *rest = shape
    while True:
        wide = (1, features, *(1 for _ in rest))
        mean = 2 * torch.randn(wide, generator=generator)
        scale = 0.5 + 2 * torch.rand(wide, generator=generator)
        mean[:, 0], scale[:, 0] = 0.01, 0.004
        labels = torch.arange(batch) % classes
        case = {
            "seed": integer(generator, 0, 10**6),
            "x": mean + scale * torch.randn(shape, generator=generator),
            "labels": labels[torch.randperm(batch, generator=generator)],
            "pull": torch.randn(shape, generator=generator),
            "num_features": features,
            "num_classes": classes,
        }
        if _shows_all(case):
            return case


def _shows_all(case: Evidence) -> bool:
    """Whether the classes vary enough to read γ off them, and every mistake changes the values."""
    key, labels = solve_batchnorm(case), case["labels"]
    spreads = [
        key["normalized"][labels == label].transpose(0, 1).flatten(1).std(1)
        for label in range(case["num_classes"])
    ]
    orders = labels.sort().values, labels.flip(0), labels.roll(1), labels.roll(-1)
    mixed = all((order != labels).sum() >= 2 for order in orders)
    train = [name for name in TRAIN if name in key and name != "unbiased"]
    shown = mistakes_show(key, "normalized", *train)
    return mixed and shown and torch.stack(spreads).min() > 0.3


TRAIN = "running", "per class", "per sample", "layer norm", "per pixel", "no eps", "large eps"


def solve_batchnorm(case: Evidence) -> Evidence:
    """x as it is normalized in both modes, and as it is by mistake."""
    x, labels = case["x"], case["labels"]
    over = (0, *range(2, x.dim()))
    mean, biased = x.mean(over, keepdim=True), x.var(over, unbiased=False, keepdim=True)
    variance = x.var(over, keepdim=True)

    def settled(weight: float, new: torch.Tensor) -> torch.Tensor:
        return (x - weight * mean) / (1 - weight + weight * new + EPS).sqrt()

    return {
        "normalized": F.batch_norm(x, None, None, training=True),
        "deviation": (biased + EPS).sqrt(),
        "running": x / (1 + EPS) ** 0.5,
        "per class": _per_class(x, labels),
        "layer norm": F.layer_norm(x, x.shape[1:]),
        "unbiased": (x - mean) / (variance + EPS).sqrt(),
        "no eps": (x - mean) / biased.sqrt(),
        "eps outside": (x - mean) / (biased.sqrt() + EPS),
        "large eps": F.batch_norm(x, None, None, training=True, eps=1e-3),
        "settled": settled(MOMENTUM, variance),
        "settled later": settled(LATER, variance),
        "running biased": settled(MOMENTUM, biased),
        "momentum 0.9": settled(0.9, variance),
        "momentum 1": settled(1, variance),
        "momentum 0.01": settled(0.01, variance),
        **(_of_images(x) if x.dim() > 2 else {}),
    }


def _per_class(x: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    out = torch.empty_like(x)
    for label in labels.unique():
        out[labels == label] = F.batch_norm(x[labels == label], None, None, training=True)
    return out


def _of_images(x: torch.Tensor) -> Evidence:
    return {
        "per sample": F.instance_norm(x),
        "per pixel": F.batch_norm(x.flatten(1), None, None, training=True).view(x.shape),
    }


def extra(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    """The hidden criterion: small batches are right, and the house rules."""
    with sheet.criterion(RULES, points=1):
        expect_alone(sheet)
        sheet.tidy()


def expect_alone(sheet: Sheet) -> None:
    """Raise a fault unless samples alone get what they get in a batch, also with other weights."""
    expect_small_batches(sheet)
    output(sheet, "output")
    alone = (
        "In eval mode a sample alone gives another result than in a batch: look for a mean or a "
        "norm over dim 0, and for an `if` about the size of the batch."
    )
    expect(close(sheet.tensor("rows"), sheet.tensor("own")), alone)

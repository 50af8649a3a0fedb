"""Hidden test of exercise gan-losses/discriminator: cases, keys and the hidden criterion."""

import torch
import torch.nn.functional as F

from course_utils.evidence import Evidence
from course_utils.exercises.gan.gan_losses_discriminator import MISTAKES
from course_utils.judging import Sheet
from hidden.common import RULES, all_differ, exact_gradients, expect_single, integer


def draw(generator: torch.Generator) -> Evidence:
    case = _some_logits(generator)
    while not (
        all_differ(solve(case), "loss", *MISTAKES.values()) and look_like_logits(case["real"])
    ):
        case = _some_logits(generator)
    return case


def look_like_logits(logits: torch.Tensor) -> bool:
    """Whether they are not taken for probabilities: some are negative, some beyond 1."""
    return bool((logits < 0).any() and (logits > 1).any())


def _some_logits(generator: torch.Generator) -> Evidence:
    real, fake = integer(generator, 3, 5), integer(generator, 6, 9)
    return {
        "seed": integer(generator, 0, 10**6),
        "real": 2 * torch.randn(real, 1, generator=generator) + 0.5,
        "fake": 2 * torch.randn(fake, 1, generator=generator) - 0.5,
        "extreme real": 1e4 * torch.tensor([[1.0], [-1.0], [-1.0]]),
        "extreme fake": 1e4 * torch.tensor([[-1.0], [1.0], [1.0], [-1.0], [1.0]]),
    }


def entropy(logits: torch.Tensor, target: float, reduction: str = "mean") -> torch.Tensor:
    """The binary cross-entropy of logits that all have one target."""
    targets = torch.full_like(logits, target)
    return F.binary_cross_entropy_with_logits(logits, targets, reduction=reduction)


def swapped_entropy(logits: torch.Tensor, target: float) -> torch.Tensor:
    """The same with the targets where the logits belong, and the logits for targets."""
    return F.binary_cross_entropy_with_logits(torch.full_like(logits, target), logits)


def loss(real: torch.Tensor, fake: torch.Tensor) -> torch.Tensor:
    return (entropy(real, 1) + entropy(fake, 0)) / 2


def solve(case: Evidence) -> Evidence:
    real, fake = case["real"], case["fake"]
    right = loss(real, fake)
    together = torch.cat([entropy(real, 1, "none"), entropy(fake, 0, "none")])
    gradient = exact_gradients(loss, real, fake)
    of_real = torch.arange(len(gradient)) < len(real)
    return {
        "loss": right,
        "not halved": 2 * right,
        "swapped": (entropy(real, 0) + entropy(fake, 1)) / 2,
        "arguments swapped": (swapped_entropy(real, 1) + swapped_entropy(fake, 0)) / 2,
        "both real": (entropy(real, 1) + entropy(fake, 1)) / 2,
        "concatenated": together.mean(),
        "sum": (entropy(real, 1, "sum") + entropy(fake, 0, "sum")) / 2,
        "sigmoid twice": loss(real.sigmoid(), fake.sigmoid()),
        "only real": entropy(real, 1),
        "only fake": entropy(fake, 0),
        "negative": -right,
        "smoothed": (entropy(real, 0.9) + entropy(fake, 0)) / 2,
        "squares": ((real - 1).square().mean() + fake.square().mean()) / 2,
        "gradient": gradient,
        "gradient real": gradient * of_real,
        "gradient fake": gradient * ~of_real,
        "extreme": loss(case["extreme real"], case["extreme fake"]),
        "extreme gradient": exact_gradients(loss, case["extreme real"], case["extreme fake"]),
        "single": loss(real[:1], fake[:1]),
    }


def extra(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    with sheet.criterion(RULES, points=1):
        sheet.tensor("loss")
        expect_single(sheet.tensor("single"), key["single"])
        sheet.tidy()

"""Hidden test of exercise gan-losses/generator: cases, keys and the hidden criterion."""

import torch

from course_utils.evidence import Evidence
from course_utils.exercises.gan.gan_losses_generator import MISTAKES
from course_utils.judging import Sheet
from hidden.common import RULES, all_differ, exact_gradients, expect_single, integer
from hidden.gan.gan_losses_discriminator import (
    entropy,
    look_like_logits,
    swapped_entropy,
)


def draw(generator: torch.Generator) -> Evidence:
    case = _some_logits(generator)
    while not (
        all_differ(solve(case), "loss", *MISTAKES.values()) and look_like_logits(case["fake"])
    ):
        case = _some_logits(generator)
    return case


def _some_logits(generator: torch.Generator) -> Evidence:
    count = integer(generator, 4, 8)
    return {
        "seed": integer(generator, 0, 10**6),
        "fake": 2 * torch.randn(count, 1, generator=generator) - 0.5,
        "extreme fake": 1e4 * torch.tensor([[-1.0], [1.0], [1.0], [-1.0], [-1.0]]),
    }


def loss(fake: torch.Tensor) -> torch.Tensor:
    return entropy(fake, 1)


def solve(case: Evidence) -> Evidence:
    fake = case["fake"]
    right = loss(fake)
    return {
        "loss": right,
        "saturating": -entropy(fake, 0),
        "swapped": entropy(fake, 0),
        "arguments swapped": swapped_entropy(fake, 1),
        "halved": right / 2,
        "sum": entropy(fake, 1, "sum"),
        "sigmoid twice": loss(fake.sigmoid()),
        "negative": -right,
        "smoothed": entropy(fake, 0.9),
        "squares": (fake - 1).square().mean(),
        "linear": -fake.mean(),
        "gradient": exact_gradients(loss, fake),
        "extreme": loss(case["extreme fake"]),
        "extreme gradient": exact_gradients(loss, case["extreme fake"]),
        "single": loss(fake[:1]),
    }


def extra(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    with sheet.criterion(RULES, points=1):
        sheet.tensor("loss")
        expect_single(sheet.tensor("single"), key["single"])
        sheet.tidy()

"""Hidden test of exercise hinge-losses/generator: cases, keys and the hidden criterion."""

import torch
import torch.nn.functional as F

from course_utils.evidence import Evidence
from course_utils.exercises.cbn.hinge_losses_generator import MISTAKES
from course_utils.judging import Sheet
from hidden.cbn.hinge_losses_discriminator import hinge, on_all_sides
from hidden.common import RULES, all_differ, exact_gradients, expect_single, integer


def draw(generator: torch.Generator) -> Evidence:
    case = _some_logits(generator)
    while not (on_all_sides(case["fake"]) and all_differ(solve(case), "loss", *MISTAKES.values())):
        case = _some_logits(generator)
    return case


def _some_logits(generator: torch.Generator) -> Evidence:
    count = integer(generator, 4, 7)
    return {
        "seed": integer(generator, 0, 10**6),
        "fake": 2 * torch.randn(count, 1, generator=generator) - 0.5,
    }


def loss(fake: torch.Tensor) -> torch.Tensor:
    return -fake.mean()


def solve(case: Evidence) -> Evidence:
    fake = case["fake"]
    right = loss(fake)
    return {
        "loss": right,
        "plus": -right,
        "sum": -fake.sum(),
        "hinge": hinge(1 - fake),
        "discriminator's": hinge(1 + fake),
        "minus discriminator's": -hinge(1 + fake),
        "relu": hinge(-fake),
        "minus relu": -hinge(fake),
        "margin": 1 + right,
        "halved": right / 2,
        "entropy": F.softplus(-fake).mean(),
        "sigmoid": loss(fake.sigmoid()),
        "tanh": loss(fake.tanh()),
        "squares": (fake - 1).square().mean(),
        "gradient": exact_gradients(loss, fake),
        "far": loss(-100 * fake),
        "single": loss(fake[:1]),
    }


def extra(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    with sheet.criterion(RULES, points=1):
        sheet.tensor("loss")
        expect_single(sheet.tensor("single"), key["single"])
        sheet.tidy()

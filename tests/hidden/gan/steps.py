"""What the hidden tests of discriminator-step and generator-step share."""

import torch

from course_utils.evidence import Evidence
from course_utils.exercises.gan.spies import FEATURES, networks
from course_utils.exercises.gan.steps import Judge
from course_utils.exercises.steps import flat
from course_utils.judging import Sheet
from hidden.common import RULES

NUM_CLASSES, LATENT_DIM = 4, 6


def draw_networks(generator: torch.Generator) -> Evidence:
    """The spies' parameters and the optimizer's: so small that no logit is near 17.

    There a gradient rounds to 0.
    """

    def small(rows: int) -> torch.Tensor:
        return torch.randn(rows, FEATURES, generator=generator).tanh()

    return {
        "generator weight": small(LATENT_DIM) / 4,
        "generator table": small(NUM_CLASSES),
        "discriminator table": small(NUM_CLASSES),
        "discriminator bias": 0.5,
        "latent_dim": LATENT_DIM,
        "num_classes": NUM_CLASSES,
        "lr": 0.5,
        "momentum": 0.9,
    }


def parameters_before(case: Evidence) -> Evidence:
    """Both networks' parameters before the step; the rest depends on what an answer draws."""
    generator, discriminator = networks(case)
    return {"generator": flat(generator), "discriminator": flat(discriminator)}


def judge_rules(steps: Judge, sheet: Sheet) -> None:
    """The hidden criterion: a step on a batch of one is right, and the house rules."""
    with sheet.criterion(RULES, points=1):
        steps.expect_loss("single")
        steps.expect_step("single")
        sheet.tidy()

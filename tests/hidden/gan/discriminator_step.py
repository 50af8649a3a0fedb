"""Hidden test of exercise discriminator-step: cases, keys and the hidden criterion."""

import torch

from course_utils.evidence import Evidence
from course_utils.exercises.gan.discriminator_step import step_judge
from course_utils.exercises.gan.spies import FEATURES, flat
from course_utils.exercises.gan.steps import networks
from course_utils.judging import Sheet
from hidden.common import RULES, integer, some_labels


def draw(generator: torch.Generator) -> Evidence:
    batch, num_classes, latent_dim = 5, 4, 6
    return {  # all so small that no logit is near 17, where a gradient rounds to 0
        "seed": integer(generator, 0, 10**6),
        "features": torch.randn(batch, FEATURES, generator=generator).tanh(),
        "labels": some_labels(generator, batch, num_classes),
        "generator weight": torch.randn(latent_dim, FEATURES, generator=generator).tanh() / 4,
        "generator table": torch.randn(num_classes, FEATURES, generator=generator).tanh(),
        "discriminator table": torch.randn(num_classes, FEATURES, generator=generator).tanh(),
        "discriminator bias": 0.5,
        "latent_dim": latent_dim,
        "num_classes": num_classes,
        "lr": 0.5,
        "momentum": 0.9,
    }


def solve(case: Evidence) -> Evidence:
    """Both networks' parameters before the step; the rest depends on what an answer draws."""
    generator, discriminator = networks(case)
    return {"generator": flat(generator), "discriminator": flat(discriminator)}


def extra(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    with sheet.criterion(RULES, points=1):
        step_judge(case, key, sheet).expect_loss("single")
        step_judge(case, key, sheet).expect_step("single")
        sheet.tidy()

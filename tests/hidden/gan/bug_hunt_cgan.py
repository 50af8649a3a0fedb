"""Hidden test of exercise bug-hunt-cgan: cases, keys and the hidden criterion."""

import torch

from course_utils.evidence import Evidence
from course_utils.exercises.gan.bug_hunt_cgan import expect_means
from course_utils.exercises.gan.spies import FEATURES
from course_utils.judging import Sheet
from hidden.common import RULES, integer, some_labels

LATENT_DIM = 5


def draw(generator: torch.Generator) -> Evidence:
    num_classes = integer(generator, 3, 4)
    sizes = torch.tensor([integer(generator, 7, 8), integer(generator, 4, 5), 2])
    count = int(sizes.sum())
    return {
        "seed": integer(generator, 0, 10**6),
        "sizes": sizes,
        "features": 2 * torch.rand(count, FEATURES, generator=generator) - 1,
        "labels": some_labels(generator, count, num_classes),
        "generator weight": 0.4 * torch.randn(LATENT_DIM, FEATURES, generator=generator),
        "generator table": 0.5 * torch.randn(num_classes, FEATURES, generator=generator),
        "discriminator table": torch.randn(num_classes, FEATURES, generator=generator),
        "discriminator bias": 0.5,
        "lr_g": 0.5,
        "lr_d": 0.8,
    }


def solve(case: Evidence) -> Evidence:
    # The draws are the answer's own: the judge recomputes from what the spies saw.
    parts = case["generator weight"], case["generator table"], case["discriminator table"]
    weight, table, discriminator = (part.flatten() for part in parts)
    return {
        "generator": torch.cat([weight, table]),
        "discriminator": torch.cat([discriminator, torch.tensor([case["discriminator bias"]])]),
    }


def extra(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    with sheet.criterion(RULES, points=1):
        expect_means(sheet, "single", [1])
        sheet.tidy()

"""Hidden test of exercise discriminator-step: cases, keys and the hidden criterion."""

import torch

from course_utils.evidence import Evidence
from course_utils.exercises.gan.discriminator_step import step_judge
from course_utils.exercises.gan.spies import FEATURES
from course_utils.judging import Sheet
from hidden.common import integer, some_labels
from hidden.gan.steps import NUM_CLASSES, draw_networks, judge_rules, parameters_before


def draw(generator: torch.Generator) -> Evidence:
    batch = 5
    return {
        "seed": integer(generator, 0, 10**6),
        "features": torch.randn(batch, FEATURES, generator=generator).tanh(),
        "labels": some_labels(generator, batch, NUM_CLASSES),
        **draw_networks(generator),
    }


solve = parameters_before


def extra(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    judge_rules(step_judge(case, key, sheet), sheet)

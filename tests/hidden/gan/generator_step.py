"""Hidden test of exercise generator-step: cases, keys and the hidden criterion."""

import torch

from course_utils.evidence import Evidence
from course_utils.exercises.gan.generator_step import step_judge
from course_utils.judging import Sheet
from hidden.common import integer
from hidden.gan.steps import draw_networks, judge_rules, parameters_before


def draw(generator: torch.Generator) -> Evidence:
    return {"seed": integer(generator, 0, 10**6), "batch_size": 5, **draw_networks(generator)}


solve = parameters_before


def extra(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    judge_rules(step_judge(case, key, sheet), sheet)

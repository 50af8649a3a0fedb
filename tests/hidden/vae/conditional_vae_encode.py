"""Hidden test of exercise conditional-vae/encode: cases, keys and the hidden criterion."""

import torch

from course_utils.evidence import Evidence
from course_utils.judging import Sheet
from hidden.common import RULES
from hidden.networks import expect_small_batches
from hidden.vae.models import draw_model


def draw(generator: torch.Generator) -> Evidence:
    case = draw_model(generator)
    return {**case, "x": torch.rand(len(case["labels"]), case["input_dim"], generator=generator)}


def solve(case: Evidence) -> Evidence:
    return {}  # the contract leaves the weights open: the judge compares answers with each other


def extra(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    with sheet.criterion(RULES, points=1):
        expect_small_batches(sheet)
        sheet.tidy()

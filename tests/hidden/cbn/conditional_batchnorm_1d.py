"""Hidden test of exercise conditional-batchnorm-1d: cases, keys and the hidden criterion."""

import torch

from course_utils.evidence import Evidence
from course_utils.judging import Sheet
from hidden.common import integer


def draw(generator: torch.Generator) -> Evidence:
    return {"seed": integer(generator, 0, 10**6)}


def solve(case: Evidence) -> Evidence:
    return {}


def extra(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    pass

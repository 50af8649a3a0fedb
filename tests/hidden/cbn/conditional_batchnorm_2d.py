"""Hidden test of exercise conditional-batchnorm-2d: cases, keys and the hidden criterion."""

import torch

from course_utils.evidence import Evidence
from hidden.cbn.modulation import draw_batchnorm, extra, solve_batchnorm
from hidden.common import integer

__all__ = ["draw", "extra", "solve"]

solve = solve_batchnorm


def draw(generator: torch.Generator) -> Evidence:
    # All sizes differ, so that mixed-up axes and arguments show.
    return draw_batchnorm(generator, (9, integer(generator, 5, 6), 2, 3), classes=4)

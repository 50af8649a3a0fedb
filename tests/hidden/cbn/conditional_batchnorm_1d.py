"""Hidden test of exercise conditional-batchnorm-1d: cases, keys and the hidden criterion."""

import torch

from course_utils.evidence import Evidence
from hidden.cbn.modulation import draw_batchnorm, extra, solve_batchnorm
from hidden.common import integer

__all__ = ["draw", "extra", "solve"]

solve = solve_batchnorm


def draw(generator: torch.Generator) -> Evidence:
    # All sizes differ, so that mixed-up arguments show.
    case = draw_batchnorm(generator, (13, integer(generator, 5, 6)), classes=4)
    return {**case, "embedding_dim": integer(generator, 7, 9)}

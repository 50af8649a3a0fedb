"""Hidden test of exercise generator: cases, keys and the hidden criterion."""

import torch

from course_utils.evidence import Evidence
from hidden.common import integer
from hidden.networks import draw_generator_case, extra, solve

__all__ = ["draw", "extra", "solve"]


def draw(generator: torch.Generator) -> Evidence:
    # All sizes differ, so that mixed-up arguments show.
    case = draw_generator_case(generator)
    return {**case, "embedding_dim": integer(generator, 15, 18)}

"""Hidden test of exercise cbn-generator: cases, keys and the hidden criterion."""

import torch

from course_utils.evidence import Evidence
from hidden.networks import draw_generator_case, extra, solve

__all__ = ["draw", "extra", "solve"]


def draw(generator: torch.Generator) -> Evidence:
    # All sizes differ, so that mixed-up arguments show. 8 is a multiple of 8, as 32 is.
    return {**draw_generator_case(generator, most_latent=7), "base_channels": 8}

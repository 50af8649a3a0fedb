"""Hidden test of exercise projection-discriminator: cases, keys and the hidden criterion."""

import torch

from course_utils.evidence import Evidence
from hidden.common import integer
from hidden.networks import draw_labels, extra, solve

__all__ = ["draw", "extra", "solve"]


def draw(generator: torch.Generator) -> Evidence:
    # All sizes differ, so that mixed-up arguments show.
    labels, num_classes = draw_labels(generator)
    return {
        "seed": integer(generator, 0, 10**6),
        "labels": labels,
        "num_classes": num_classes,
        "base_channels": 8,  # a multiple of 8, as 32 is
    }

"""Hidden test of exercise cbn-generator: cases, keys and the hidden criterion."""

import torch

from course_utils.evidence import Evidence
from hidden.common import integer
from hidden.networks import draw_labels, extra, solve

__all__ = ["draw", "extra", "solve"]


def draw(generator: torch.Generator) -> Evidence:
    # All sizes differ, so that mixed-up arguments show.
    labels, num_classes = draw_labels(generator)
    latent_dim = integer(generator, 6, 7)
    return {
        "seed": integer(generator, 0, 10**6),
        "z": torch.randn(len(labels), latent_dim, generator=generator),
        "labels": labels,
        "latent_dim": latent_dim,
        "num_classes": num_classes,
        "base_channels": 8,  # a multiple of 8, as 32 is
    }

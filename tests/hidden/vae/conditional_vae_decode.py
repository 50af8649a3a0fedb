"""Hidden test of exercise conditional-vae/decode: cases, keys and the hidden criterion."""

import torch

from course_utils.evidence import Evidence
from hidden.networks import extra, solve
from hidden.vae.models import draw_model

__all__ = ["draw", "extra", "solve"]


def draw(generator: torch.Generator) -> Evidence:
    case = draw_model(generator)
    return {**case, "z": torch.randn(len(case["labels"]), case["latent_dim"], generator=generator)}

"""What the hidden tests of the parts of conditional-vae share: the sizes of a model."""

import torch

from course_utils.evidence import Evidence
from hidden.common import integer
from hidden.networks import draw_labels


def draw_model(generator: torch.Generator) -> Evidence:
    """A seed, labels, and the sizes of a model for square images.

    All sizes differ from each other and from the defaults, so that mixed-up ones show.
    """
    labels, num_classes = draw_labels(generator)
    return {
        "seed": integer(generator, 0, 10**6),
        "labels": labels,
        "latent_dim": integer(generator, 6, 7),  # twice that is not the default
        "num_classes": num_classes,
        "hidden_dim": integer(generator, 30, 34),
        "input_dim": integer(generator, 2, 3) ** 2 * 16,  # convolutions may halve the side twice
    }

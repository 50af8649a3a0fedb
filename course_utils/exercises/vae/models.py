"""What the parts of exercise conditional-vae share: the model, and its methods as networks."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import nn

from course_utils.evidence import Evidence

SIZES = ("latent_dim", "num_classes", "hidden_dim", "input_dim")

ADVICE = {
    "cannot be multiplied": "A layer was made for another width: behind torch.cat it is input_dim "
    "+ num_classes in encode, latent_dim + num_classes in decode. One-hot labels are "
    "num_classes wide whatever labels there are: F.one_hot(labels, self.num_classes).",
    "unexpected keyword argument": "The arguments are latent_dim, num_classes, hidden_dim and "
    "input_dim.",
    "missing 1 required positional argument: 'input_dim'": "It has a default: input_dim=784.",
    "no attribute": "Is everything made in __init__, on self, and the method's name right?",
    "same dtype": "F.one_hot gives int64: .float() turns it into what a layer takes.",
    "one_hot is only applicable": "encode and decode get one-hot labels already: use labels_onehot "
    "as it is. Only forward makes them.",
    "is invalid for input of size": "Images are flat rows, (B, input_dim): x comes so, and decode "
    "returns them so. input_dim need not be 784.",
}
"""What errors mean in this exercise: part of their text -> a sentence."""


def build(answer: Callable, case: Evidence) -> nn.Module:
    """The answer's model in the sizes of the case."""
    return answer(*[case[name] for name in SIZES])


def codes_of(labels: torch.Tensor, case: Evidence) -> torch.Tensor:
    """The one-hot labels as float32."""
    return F.one_hot(labels, case["num_classes"]).float()


class Half(nn.Module):
    """One method of a conditional VAE, as a network that takes labels, not one-hot ones.

    A pair of results comes as one tensor: (B, 2, Z) from ``encode``.
    """

    def __init__(self, vae: nn.Module, method: str, case: Evidence) -> None:
        super().__init__()
        self.vae, self.method, self.case = vae, method, case

    def forward(self, x: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """What the method returns for ``x`` and the one-hot ``labels``."""
        result = getattr(self.vae, self.method)(x, codes_of(labels, self.case))
        return torch.stack(tuple(result), dim=-2) if isinstance(result, tuple | list) else result

"""Seven ways to draw an image for a label. Some of them cheat: notebook 05 finds out which.

Do not read on before you have tried.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from course_utils.data import Data
from course_utils.trained import TrainedModel

NOISE = 0.3  # standard deviation, in grey values


class Suspect(NamedTuple):
    """``draw(labels)`` gives one image in [0, 1] for each label; ``name`` says how."""

    name: str
    draw: Callable[[Tensor], Tensor]


def line_up(data: Data, models: Mapping[str, TrainedModel]) -> dict[str, Suspect]:
    """The suspects, by letter. ``models`` are those of `load_models`."""
    images, labels = data.train_images, data.train_labels
    members = [images[labels == k] for k in range(len(data.class_names))]
    means = torch.stack([rows.mean(dim=0) for rows in members])

    def mean_and_noise(labels: Tensor) -> Tensor:
        drawn = means[labels]
        return (drawn + NOISE * torch.randn_like(drawn)).clamp(0, 1)

    def memorised(labels: Tensor) -> Tensor:
        of_each = [members[k] for k in labels.tolist()]
        return torch.stack([rows[torch.randint(len(rows), ())] for rows in of_each])

    def deaf(labels: Tensor) -> Tensor:
        # Shuffled are the labels of the data: those asked for may all be the same.
        count = len(data.train_labels)
        order = torch.randperm(max(count, len(labels)))[: len(labels)] % count
        return models["CBN"].draw(data.train_labels[order])

    return {
        "A": Suspect("CVAE of notebook 03", models["CVAE"].draw),
        "B": Suspect("class mean plus noise", mean_and_noise),
        "C": Suspect("memoriser: a training image of the class", memorised),
        "D": Suspect("GAN of notebook 04, labels shuffled: it ignores what you ask", deaf),
        "E": Suspect("GAN of notebook 02", models["GAN"].draw),
        "F": Suspect("class mean, the same image each time", lambda labels: means[labels]),
        "G": Suspect("GAN of notebook 04", models["CBN"].draw),
    }

"""Judges: small frozen classifiers that look at what a generator made and name the class."""

from itertools import pairwise
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils.data import Batches, Data
from course_utils.device import set_seed
from course_utils.saved import saved_folder
from course_utils.training import execution_mode, fit
from course_utils.weights import load_weights, save_weights

SHIPPED = Path(__file__).parent / "judge_weights"
"""Weights that come with the course, and the accuracies of these judges on held-out images.

Written by ``python -m course_tools.train_judges``.
"""


class Judge(nn.Module):
    """A convolutional classifier of images in [0, 1].

    ``judge(images)`` gives logits `(B, C)`, ``judge.features(images)`` what its last layer sees,
    `(B, num_features)`: there, images of one class lie near each other.
    """

    num_features = 64

    def __init__(self, num_channels: int = 1, image_size: int = 28, num_classes: int = 10) -> None:
        super().__init__()
        widths = (num_channels, 16, 32, 64)
        self.blocks = nn.Sequential(
            *(
                nn.Sequential(
                    nn.Conv2d(width, wider, 3, padding=1, bias=False),
                    nn.BatchNorm2d(wider),
                    nn.ReLU(),
                    nn.MaxPool2d(2),
                )
                for width, wider in pairwise(widths)
            )
        )
        self.hidden = nn.Linear(64 * (image_size // 8) ** 2, self.num_features)
        self.classify = nn.Linear(self.num_features, num_classes)

    def features(self, images: Tensor) -> Tensor:
        """What the last layer sees of ``images`` `(B, C, H, W)`: `(B, num_features)`."""
        return F.relu(self.hidden(self.blocks(images).flatten(1)))

    def forward(self, images: Tensor) -> Tensor:
        """Logits `(B, num_classes)`."""
        return self.classify(F.dropout(self.features(images), 0.3, self.training))


def load_judge(data: Data) -> Judge:
    """The frozen judge of the data set, on the device of its images.

    For digits and mnist it comes with the course. For another set it is trained at the first call,
    and kept in the folder for saved work. Raises `WeightsError` if its file is damaged.
    """
    path = SHIPPED / f"{data.name}.safetensors"
    if not path.exists():
        path = saved_folder() / f"judge_{data.name}.safetensors"
        if not path.exists():
            save_weights(train_judge(data), path)
    return load_weights(_untrained(data), path).eval().requires_grad_(False)


def accuracy(judge: Judge, images: Tensor, labels: Tensor) -> float:
    """The share of ``images`` `(N, C, H, W)` in which the judge sees their label, from 0 to 1."""
    with torch.no_grad():
        return (judge(images).argmax(dim=1) == labels).float().mean().item()


def _untrained(data: Data) -> Judge:
    _, channels, size, _ = data.train_images.shape
    return Judge(channels, size, len(data.class_names)).to(data.train_images.device)


def train_judge(data: Data, num_steps: int = 2000, batch_size: int = 128) -> Judge:
    """Train a judge on the training images of ``data``, each slightly moved and made noisy.

    An interrupt raises KeyboardInterrupt, because what is measured with half a judge means little.
    """
    set_seed(0)
    images, labels = data.train_images, data.train_labels
    judge = _untrained(data)
    num_epochs = max(1, num_steps * batch_size // len(images))
    batches = Batches(images, labels, batch_size=batch_size)
    optimizer = torch.optim.AdamW(judge.parameters(), lr=0.0, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=4e-3, total_steps=num_epochs * len(batches)
    )

    def step(images: Tensor, labels: Tensor) -> float:
        judge.train()
        optimizer.zero_grad()
        loss = F.cross_entropy(judge(jitter(images)), labels)
        loss.backward()
        optimizer.step()
        schedule.step()
        return loss.item()

    fit(step, batches, num_epochs, f"judge of {data.name}")
    if schedule.last_epoch < schedule.total_steps and execution_mode() == "interactive":
        raise KeyboardInterrupt("The judge was not trained to the end: run the cell again.")
    return judge.eval()


def jitter(images: Tensor) -> Tensor:
    """Turn each image by up to 12 degrees, scale it by up to 10 %, move it, and add noise.

    ``images`` are `(B, C, H, W)` in [0, 1]. Each moves by up to a fourteenth of its size. Without
    the noise the features would change with specks that nobody sees, and the Fréchet distance would
    measure little else.
    """
    turn, grow, x, y = torch.rand(4, len(images), device=images.device) * 2 - 1
    angle, scale = turn * torch.pi / 15, 1 + 0.1 * grow
    cos, sin, reach = angle.cos() * scale, angle.sin() * scale, 1 / 7
    matrix = torch.stack([cos, -sin, reach * x, sin, cos, reach * y], dim=1).view(-1, 2, 3)
    grid = F.affine_grid(matrix, list(images.shape), align_corners=False)
    moved = F.grid_sample(images, grid, align_corners=False)
    noise = 0.2 * torch.rand(len(images), 1, 1, 1, device=images.device)
    return (moved + noise * torch.randn_like(moved)).clamp(0, 1)

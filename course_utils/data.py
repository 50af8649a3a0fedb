"""Data sets as tensors: whole sets on the device, and shuffled batches of them."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor

from course_utils.device import get_device

DATASETS = ("digits", "mnist", "fashion-mnist", "cifar10")

Parts = tuple[list[Tensor], tuple[str, ...]]
"""The four tensors of a Data, and its class names."""


class DataError(RuntimeError):
    """A data set could not be had. The message says what to do; the cause is chained to it."""


class Data(NamedTuple):
    """A data set, split into training and test images.

    Images are float32 in [0, 1], `(N, 1, 28, 28)`, or `(N, 3, 32, 32)` for cifar10.
    Labels are int64 `(N,)`; label k is called `class_names[k]`.
    """

    name: str
    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor
    class_names: tuple[str, ...]


class Batches:
    """Shuffled batches of tensors that share their first dimension, such as images and labels.

    Each pass draws a new permutation and yields every row exactly once, in tuples of tensors.
    Batches have `batch_size` rows; the last one has what is left. A single row left over joins the
    batch before it, which then has one row more, because batch norm cannot train on one row.

    `generator` is a CPU generator; without one, PyTorch's global generator draws.
    Raises ValueError for tensors of different lengths or without rows, and a `batch_size` below 1.
    """

    def __init__(
        self, *tensors: Tensor, batch_size: int, generator: torch.Generator | None = None
    ) -> None:
        lengths = [len(tensor) for tensor in tensors]
        if len(set(lengths)) != 1 or lengths[0] == 0:
            raise ValueError(
                f"Give tensors with the same number of rows, at least 1; got {lengths}."
            )
        if batch_size < 1:
            raise ValueError(f"batch_size must be at least 1; got {batch_size}.")
        self.tensors = tensors
        self.batch_size = batch_size
        self.generator = generator

    def __len__(self) -> int:
        full, rest = divmod(len(self.tensors[0]), self.batch_size)
        return max(1, full + (rest > 1))

    def __iter__(self) -> Iterator[tuple[Tensor, ...]]:
        order = torch.randperm(len(self.tensors[0]), generator=self.generator)
        order = order.to(self.tensors[0].device)
        cuts = [self.batch_size * i for i in range(1, len(self))]
        for rows in order.tensor_split(cuts):
            yield tuple(tensor[rows] for tensor in self.tensors)


def load_data(name: str | None = None, device: torch.device | None = None) -> Data:
    """Load a whole data set onto the device (default: `get_device()`).

    `name` is one of `DATASETS`, in upper or lower case. The default is the environment variable
    COURSE_DATASET, or else "digits", the only set that needs no download. The others are kept in
    the folder COURSE_DATA (default: ~/.cache/conditional-models-course). Files that are missing or
    damaged there are downloaded once.

    Raises ValueError for an unknown name, and DataError if the data cannot be had. Nothing damaged
    is left behind then, so you can simply call again.
    """
    name = (name or os.environ.get("COURSE_DATASET") or "digits").lower()
    if name not in DATASETS:
        raise ValueError(f"There is no data set {name!r}: choose one of {', '.join(DATASETS)}.")
    if name == "digits":
        tensors, class_names = _digits()
    else:
        from course_utils.downloads import load  # torchvision takes seconds to import

        default = Path.home() / ".cache" / "conditional-models-course"
        root = Path(os.environ.get("COURSE_DATA") or default).expanduser()
        tensors, class_names = load(name, root)
    device = device or get_device()
    return Data(name, *(tensor.to(device) for tensor in tensors), class_names)


def _digits() -> Parts:
    """scikit-learn's 1,797 handwritten digits, 8x8, made to look like MNIST's."""
    digits = load_digits()
    images = torch.from_numpy(digits.images).float()[:, None] / 16
    # Of torch's modes, bicubic looks most like MNIST: smooth strokes that stay bright. It
    # overshoots at edges, hence the clamp. MNIST's digits are 20x20 in a frame of 4 pixels too.
    images = F.interpolate(images, size=(20, 20), mode="bicubic", align_corners=False).clamp(0, 1)
    images = F.pad(images, (4, 4, 4, 4))
    labels = torch.from_numpy(digits.target).long()
    # The order of the file is not random, so the split shuffles. Its seed is part of the data set.
    train, test = train_test_split(
        range(len(labels)), test_size=0.2, stratify=digits.target, random_state=0
    )
    tensors = [images[train], labels[train], images[test], labels[test]]
    return tensors, tuple(str(digit) for digit in digits.target_names)

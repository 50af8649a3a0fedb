"""What is wrong with images or labels that somebody hands over, in one sentence."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

ROUNDING = 1e-4  # how far beyond 0 and 1 a pixel may lie


def expect_images(images: Tensor, shape: Sequence[int | None], name: str = "images") -> None:
    """Raise ValueError unless ``images`` are float32 ``(N, *shape)`` in [0, 1], and N at least 1.

    None in ``shape`` stands for any size. The sentence calls them ``name``.
    """
    if not isinstance(images, Tensor):
        raise ValueError(f"The {name} are a {type(images).__name__}: give a tensor.")
    if images.dtype != torch.float32:
        divide = "" if images.is_floating_point() else " / 255 if they go from 0 to 255"
        raise ValueError(
            f"The {name} are {images.dtype}: give float32 in [0, 1], such as .float(){divide}."
        )
    if images.ndim != 1 + len(shape) or any(
        asked not in (None, size) for asked, size in zip(shape, images.shape[1:], strict=True)
    ):
        sizes = ", ".join("any" if size is None else str(size) for size in shape)
        raise ValueError(
            f"Give {name} of shape (B, {sizes}); got {tuple(images.shape)}"
            f"{_another_shape(images, shape)}."
        )
    if len(images) == 0:
        raise ValueError(f"There are no {name}: give at least one.")
    _expect_range(images, name)


def _another_shape(images: Tensor, shape: Sequence[int | None]) -> str:
    """How to give ``images`` the shape, where that is likely to be the mistake."""
    if len(shape) == 1 and images.ndim > 2:
        return ": .flatten(1) makes a row of each"
    whole = tuple(28 if size is None else size for size in shape)
    if images.ndim == 2 and images.shape[1] == math.prod(whole):
        return f": .unflatten(1, {whole}) makes a picture of each row"
    return ""


def _expect_range(images: Tensor, name: str) -> None:
    low, high = (end.item() for end in torch.aminmax(images.detach()))
    if low != low:  # aminmax passes NaN on
        raise ValueError(f"The {name} hold NaN.")
    if low >= -ROUNDING and high <= 1 + ROUNDING:
        return
    end = f"smallest pixel is {low:.5g}" if low < -ROUNDING else f"largest pixel is {high:.5g}"
    if low >= -1 - ROUNDING and high <= 1 + ROUNDING:
        advice = f"; ({name} + 1) / 2 moves them from [-1, 1]"
    elif low >= -ROUNDING and 2 < high <= 255:
        advice = f"; {name} / 255 moves them from [0, 255]"
    else:
        advice = "; torch.sigmoid moves logits there"
    raise ValueError(f"The {end}, but {name} have to be in [0, 1]{advice}.")


def expect_labels(labels: Tensor, count: int, num_classes: int) -> None:
    """Raise ValueError unless ``labels`` are int64 ``(count,)`` in [0, num_classes)."""
    if not isinstance(labels, Tensor):
        raise ValueError(f"The labels are a {type(labels).__name__}: give a tensor of int64.")
    if labels.ndim == 2 and labels.shape[1] == num_classes:
        raise ValueError(
            f"The labels have shape {tuple(labels.shape)}, as one-hot codes have: give the numbers "
            "of the classes, codes.argmax(dim=1)."
        )
    if labels.dtype != torch.int64:
        raise ValueError(f"The labels are {labels.dtype}: give int64, labels.long().")
    if labels.shape != (count,):
        raise ValueError(
            f"Give one label for each image, shape ({count},); got {tuple(labels.shape)}."
        )
    outside = labels[(labels < 0) | (labels >= num_classes)]
    if len(outside):
        raise ValueError(
            f"There is a label {outside[0].item()}, but the {num_classes} classes are numbered "
            f"from 0 to {num_classes - 1}."
        )

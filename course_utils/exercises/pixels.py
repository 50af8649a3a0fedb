"""What exercises share whose network makes images, or takes them: how pixels are judged."""

import math

import torch

from course_utils.exercises.networks import SHAPE, VISIBLE, output
from course_utils.faults import expect, expect_shape
from course_utils.judging import Sheet


def expect_images(sheet: Sheet, batch: int, flat: str) -> None:
    """Raise a fault unless a generator's images are finite, of shape (``batch``, *SHAPE).

    ``flat`` is what to say of images that are rows of pixels.
    """
    images = output(sheet, "output")
    mistakes = {
        (batch, math.prod(SHAPE)): flat,
        (batch, *SHAPE[1:]): "The channel is missing: give the images the whole image_shape.",
        (2 * batch, *SHAPE): "Twice as many images as labels: torch.cat goes along dim=1.",
    }
    expect_shape(images, (batch, *SHAPE), mistakes)
    expect(bool(images.isfinite().all()), "Some pixels are inf or nan.")


def expect_tanh_range(extremes: torch.Tensor) -> None:
    """Raise a fault unless these pixels, of any shape, stay in [-1, 1] and come near both ends."""
    lowest, highest = extremes.min().item(), extremes.max().item()
    seen = "pixels in [-1, 1], near both ends", f"pixels from {lowest:.3g} to {highest:.3g}"
    leave = "With large weights the pixels leave [-1, 1]: tanh at the end keeps them inside."
    expect(max(-lowest, highest) <= 1 + VISIBLE, leave, *seen)
    positive = "No pixel is ever negative: the range is tanh's, not that of sigmoid or ReLU."
    expect(lowest < -VISIBLE, positive, *seen)
    far = "However large the weights, the pixels never come near -1 and 1: do nothing after tanh."
    expect(lowest <= -0.9 and highest >= 0.9, far, *seen)


def expect_reach(differences: torch.Tensor, what: str, question: str) -> None:
    """Raise a fault unless ``what``, which made these differences (..., pixels), changes each."""
    reached = differences.abs().gt(VISIBLE).flatten(0, -2).any(0)
    count, pixels = int(reached.sum()), len(reached)
    expect(count > 0, f"In one batch {what} changes no pixel. {question}")
    some = f"Only {count} of {pixels} pixels follow {what}: let it in before the last layers."
    expect(count == pixels, some)


def expect_images_used(by_image: torch.Tensor, gradient: torch.Tensor, what: str) -> None:
    """Raise a fault unless each image gets its own ``what``, and no quarter of it is left out.

    A few pixels may be: convolutions without padding leave out the last ones.
    """
    expect(
        bool((by_image - by_image[:, :, :1]).abs().gt(VISIBLE).any()),
        f"All images of a batch get the same {what}. Are they used? Are they averaged over the "
        "batch?",
    )
    reached = gradient.ne(0).any(0).any(0)
    quarters = reached.unflatten(1, (2, 14)).unflatten(0, (2, 14)).any(3).any(1)
    expect(
        bool(quarters.all()) or not bool(quarters.any()),
        "A quarter of the image has no influence: let the layers see all of it.",
    )

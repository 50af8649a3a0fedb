"""What the exercises that draw with a generator share: a spy, and what its images show."""

import math
from collections.abc import Mapping

import torch
from torch import nn

from course_utils.evidence import Evidence
from course_utils.faults import close, expect, expect_shape
from course_utils.judging import Sheet

CLASSES = 16  # more than any case has
Z_SCALE = 8  # keeps the pixels of z in [-1, 1]; a power of 2, so that they are exact

STACKED = (
    "There is a dimension too many: join batches of one with torch.cat, where torch.stack adds a "
    "dimension."
)


class SpyGenerator(nn.Module):
    """A generator whose pixels are z / 8, then sin(z), then label / 16 up to the end.

    It notes in which mode it was asked. With ``fails`` it raises when it is asked.
    """

    def __init__(self, case: Evidence, fails: bool = False) -> None:
        super().__init__()
        latent_dim = case["latent_dim"]
        self.image_shape = tuple(case["image_shape"].tolist())
        self.fails = fails
        self.scale = nn.Linear(latent_dim, latent_dim, bias=False)
        self.scale.weight = nn.Parameter(torch.eye(latent_dim) / Z_SCALE)
        codes = _codes(torch.arange(CLASSES), math.prod(self.image_shape) - 2 * latent_dim)
        self.codes = nn.Embedding.from_pretrained(codes, freeze=False)
        self.inner = nn.Dropout(0.0)
        self.modes: list[bool] = []
        self.note = self.modes.append  # a copy of the spy notes its mode here too

    def forward(self, z: torch.Tensor, labels: torch.Tensor, /) -> torch.Tensor:
        self.note(self.training or self.inner.training)
        if self.fails:
            raise RuntimeError("the generator fails on purpose, to see if its mode is restored")
        shapes = [tuple(getattr(part, "shape", ())) for part in (z, labels)]
        if len(shapes[0]) != 2 or shapes[1] != shapes[0][:1]:
            raise ValueError(
                f"the generator was given z of shape {shapes[0]} and labels of shape {shapes[1]}, "
                "where it takes (B, Z) and (B,)"
            )
        rows = torch.cat([self.scale(z), z.sin(), self.inner(self.codes(labels))], dim=1)
        return rows.view(-1, *self.image_shape)


def gray(case: Evidence) -> Evidence:
    """The case with as many pixels in one channel, a dimension that squeeze() would take away."""
    channels, height, width = case["image_shape"].tolist()
    return {**case, "image_shape": torch.tensor([1, channels * height, width])}


def images_of(
    case: Evidence,
    sheet: Sheet,
    name: str,
    size: tuple[int, ...],
    mistakes: Mapping[tuple[int, ...], str],
) -> torch.Tensor:
    """The images of the run ``name``; a fault unless their shape is (*size, *image_shape).

    ``mistakes`` explains other sizes.
    """
    images, shape = sheet.tensor(name), tuple(case["image_shape"].tolist())
    right = (*size, *shape)
    squeezed = tuple(length for length in right if length != 1)
    known = {squeezed: "A dimension of length 1 is gone: look for squeeze()."}
    known |= {(*other, *shape): message for other, message in mistakes.items()}
    expect_shape(images, right, known)
    return images


def read(images: torch.Tensor, latent_dim: int) -> tuple[torch.Tensor, torch.Tensor]:
    """z (N, Z) and labels (N,) behind the spy's images (N, *image_shape); a fault for others."""
    expect(images.dtype == torch.float32, "The images are not float32.", "", str(images.dtype))
    pixels = images.flatten(1)
    z = pixels[:, :latent_dim] * Z_SCALE
    labels = (pixels[:, -1] * CLASSES).round().long()
    codes = _codes(labels, pixels.shape[1] - 2 * latent_dim)
    expect(
        close(pixels, torch.cat([z / Z_SCALE, z.sin(), codes], dim=1)),
        "These are not images that the generator makes: return them as they come, neither "
        "rescaled, reordered nor mixed with each other.",
    )
    return z, labels


def _codes(labels: torch.Tensor, width: int) -> torch.Tensor:
    return (labels / CLASSES)[:, None].repeat(1, width)

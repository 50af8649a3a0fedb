"""A spy in place of a ConditionalVAE in a training step: it notes what it is asked."""

import torch
import torch.nn.functional as F
from torch import nn

from course_utils.evidence import Evidence

PIXELS = 784


def as_pixels(rows: torch.Tensor) -> torch.Tensor:
    """Images (B, 784) that repeat ``rows``, of a length that divides 784."""
    return rows.repeat(1, PIXELS // rows.shape[1])


def as_codes(name: str, given: torch.Tensor, codes: torch.Tensor, num_classes: int) -> torch.Tensor:
    """The ``codes``, one row of ``num_classes`` numbers for each row ``given``, or a ValueError.

    Whole numbers become floats, as they do in the torch.cat of a usual model.
    """
    if codes.shape != (len(given), num_classes):
        raise ValueError(
            f"{name} was given {len(given)} rows with labels of shape {tuple(codes.shape)}: it "
            f"takes one-hot labels of shape (B, num_classes), here ({len(given)}, {num_classes})"
        )
    return codes if codes.is_floating_point() else codes.to(given.dtype)


class Notes:
    """What one method of a `SpyVAE` was given, and whether a gradient came back from its result."""

    def __init__(self) -> None:
        self._calls: list[torch.Tensor] = []
        self._reached: list[torch.Tensor] = []

    def add(self, result: torch.Tensor, trained: bool, *columns: torch.Tensor) -> None:
        """Note a call: for each row the mode, then these ``columns``."""
        mode = torch.full((len(result), 1), float(trained))
        rows = torch.cat([mode, *(part.detach().cpu().float() for part in columns)], dim=1)
        self._calls.append(rows)
        if result.requires_grad:
            reached = self._reached
            result.register_hook(lambda grad: reached.append(rows))

    def take(self) -> torch.Tensor:
        """The rows since the last time whose results a gradient came back from; all if none did."""
        reached = {id(rows) for rows in self._reached}
        calls = [rows for rows in self._calls if id(rows) in reached] or self._calls
        self._calls, self._reached = [], []
        return torch.cat(calls) if calls else torch.zeros(0, 0)


class SpyVAE(nn.Module):
    """A conditional VAE whose two halves are linear in their parameters.

    It reads an image as the row that `as_pixels` repeated, and makes such images.
    """

    def __init__(self, case: Evidence) -> None:
        super().__init__()
        self.encoder = nn.Parameter(case["encoder"].clone())  # (F, 2Z)
        self.encoder_table = nn.Parameter(case["encoder table"].clone())  # (C, 2Z)
        self.decoder = nn.Parameter(case["decoder"].clone())  # (Z, F)
        self.decoder_table = nn.Parameter(case["decoder table"].clone())  # (C, F)
        self.latent_dim, self.width = self.decoder.shape
        self.num_classes = len(self.decoder_table)
        self.inner = nn.Dropout(0.0)
        self.encoded, self.decoded = Notes(), Notes()
        """Columns: mu (Z), logvar (Z), the image's row (F), code (C); and z (Z), code (C)."""

    def encode(
        self, x: torch.Tensor, labels_onehot: torch.Tensor, /
    ) -> tuple[torch.Tensor, torch.Tensor]:
        if x.dim() != 2 or x.shape[1] != PIXELS:
            raise ValueError(
                f"encode was given images of shape {tuple(x.shape)}: it takes (B, 784)"
            )
        codes = as_codes("encode", x, labels_onehot, self.num_classes)
        rows = x.unflatten(1, (-1, self.width)).mean(dim=1)
        moments = self.inner(rows @ self.encoder) + codes @ self.encoder_table
        self.encoded.add(moments, self._is_trained(), moments, rows, codes)
        mu, logvar = moments.chunk(2, dim=1)
        return mu, logvar

    def reparameterize(self, mu: torch.Tensor, logvar: torch.Tensor, /) -> torch.Tensor:
        return mu + (logvar / 2).exp() * torch.randn_like(mu)

    def decode(self, z: torch.Tensor, labels_onehot: torch.Tensor, /) -> torch.Tensor:
        codes = as_codes("decode", z, labels_onehot, self.num_classes)
        logits = self.inner(z @ self.decoder) + codes @ self.decoder_table
        self.decoded.add(logits, self._is_trained(), z, codes)
        return as_pixels(logits.sigmoid())

    def forward(self, x: torch.Tensor, labels: torch.Tensor, /) -> tuple[torch.Tensor, ...]:
        if labels.shape != x.shape[:1]:
            raise ValueError(
                f"the model was given {len(x)} images with labels of shape {tuple(labels.shape)}: "
                f"it takes labels of shape ({len(x)},)"
            )
        codes = F.one_hot(labels, self.num_classes).float()
        mu, logvar = self.encode(x, codes)
        return self.decode(self.reparameterize(mu, logvar), codes), mu, logvar

    def _is_trained(self) -> bool:
        return self.training and self.inner.training

"""Spy networks for the exercises on training steps: they note what they are asked.

Both are linear in their parameters, so that a judge can recompute losses and gradients from the
notes. An image is a row of numbers, the first pixels of which are:

    features (F) | 0 if real, 1 + label if fake | 1 if made in train mode | z (Z)

Only the features count for the discriminator. The rest tells where a fake comes from, so the
discriminator's notes alone show which z and which labels the fakes that it saw were made of.
"""

from math import prod

import torch
import torch.nn.functional as F
from torch import nn

from course_utils.evidence import Evidence
from course_utils.exercises.steps import flat

FEATURES = 3
IMAGE_SHAPE = (1, 28, 28)


def as_images(rows: torch.Tensor) -> torch.Tensor:
    """Images (B, *IMAGE_SHAPE) that begin with the columns of ``rows``; the rest is 0.

    Of rows (B, FEATURES) it makes real images.
    """
    return F.pad(rows, (0, prod(IMAGE_SHAPE) - rows.shape[1])).view(-1, *IMAGE_SHAPE)


class SpyGenerator(nn.Module):
    """features = z @ weight + table[labels], with ``weight`` (Z, F) and ``table`` (C, F).

    ``received`` is the sum of all gradients that ever reached its parameters, in `flat`'s order.
    """

    def __init__(self, weight: torch.Tensor, table: torch.Tensor) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight.clone())
        self.table = nn.Parameter(table.clone())
        self.inner = nn.Dropout(0.0)
        self._received = [torch.zeros_like(p) for p in (weight, table)]
        for parameter, total in zip(self.parameters(), self._received, strict=True):
            parameter.register_hook(lambda grad, total=total: _add(total, grad))

    @property
    def received(self) -> torch.Tensor:
        return torch.cat([total.flatten() for total in self._received])

    def forward(self, z: torch.Tensor, labels: torch.Tensor, /) -> torch.Tensor:
        if z.dim() != 2:
            raise ValueError(f"the generator was given z of shape {tuple(z.shape)}")
        _expect_one_label_each("generator", z, labels, len(self.table))
        features = self.inner(z @ self.weight + F.embedding(labels, self.table))
        trained = torch.full_like(labels, self.training and self.inner.training)
        made = torch.stack([labels + 1, trained], dim=1)
        return as_images(torch.cat([features, made, z.detach()], dim=1))


class SpyDiscriminator(nn.Module):
    """logit = <features, table[labels]> + bias, with ``table`` (C, F)."""

    def __init__(self, table: torch.Tensor, bias: float, latent_dim: int) -> None:
        super().__init__()
        self.table = nn.Parameter(table.clone())
        self.bias = nn.Parameter(torch.tensor([bias]))
        self.inner = nn.Dropout(0.0)
        self.width = FEATURES + 2 + latent_dim
        self.calls = 0
        self.watched: list[list[torch.Tensor]] = []
        """The steps of each watched optimizer, to be counted in `arrivals`."""
        self._images_asked = 0
        self._notes: list[torch.Tensor] = []
        self._arrivals: list[torch.Tensor] = []
        self._parameters_asked: list[torch.Tensor] = []

    def forward(self, images: torch.Tensor, labels: torch.Tensor, /) -> torch.Tensor:
        _expect_one_label_each("discriminator", images, labels, len(self.table))
        pixels = images.flatten(1)
        features = self.inner(pixels[:, :FEATURES])
        logits = (features * F.embedding(labels, self.table)).sum(dim=1, keepdim=True) + self.bias
        self._note(pixels, labels, logits)
        return logits

    def _note(self, pixels: torch.Tensor, labels: torch.Tensor, logits: torch.Tensor) -> None:
        trained = self.training and self.inner.training
        state = torch.tensor([self.calls, trained, pixels.requires_grad])
        columns = [
            state.expand(len(pixels), -1).float(),
            labels.detach().cpu().float()[:, None],
            logits.detach().cpu(),
            pixels[:, : self.width].detach().cpu(),
        ]
        self._notes.append(torch.cat(columns, dim=1))
        self._parameters_asked.append(flat(self))
        if logits.requires_grad:
            rows = torch.arange(self._images_asked, self._images_asked + len(pixels))
            logits.register_hook(lambda grad: self._note_arrival(rows, grad))
        self.calls += 1
        self._images_asked += len(pixels)

    def _note_arrival(self, rows: torch.Tensor, grad: torch.Tensor) -> None:
        steps = torch.tensor([float(len(steps)) for steps in self.watched])
        columns = [rows[:, None].float(), grad.detach().cpu(), steps.expand(len(rows), -1)]
        self._arrivals.append(torch.cat(columns, dim=1))

    def notes(self) -> torch.Tensor:
        """One row per image that it was asked about: see `Notes`."""
        return torch.cat([torch.zeros(0, 5 + self.width), *self._notes])

    def arrivals(self) -> torch.Tensor:
        """One row per gradient of a loss with respect to a logit.

        The row: which row of the notes, the gradient, then how many steps each watched optimizer
        had taken.
        """
        return torch.cat([torch.zeros(0, 2 + len(self.watched)), *self._arrivals])

    def parameters_asked(self) -> torch.Tensor:
        """Its parameters, flat, at each call."""
        return torch.stack([*self._parameters_asked, flat(self)])[: self.calls]


def networks(case: Evidence) -> tuple[SpyGenerator, SpyDiscriminator]:
    """The case's spies, in eval mode."""
    generator = SpyGenerator(case["generator weight"], case["generator table"])
    bias, latent_dim = case["discriminator bias"], len(case["generator weight"])
    discriminator = SpyDiscriminator(case["discriminator table"], bias, latent_dim)
    return generator.eval(), discriminator.eval()


class Notes:
    """What a `SpyDiscriminator` noted, one entry per image that it was asked about."""

    def __init__(self, notes: torch.Tensor) -> None:
        self.call = notes[:, 0].long()
        self.trained = notes[:, 1].bool()
        self.attached = notes[:, 2].bool()
        """Whether the images wanted a gradient."""
        self.asked = notes[:, 3].long()
        """The label that came with the image."""
        self.logit = notes[:, 4]
        pixels = notes[:, 5:]
        self.features = pixels[:, :FEATURES]
        self.made = pixels[:, FEATURES].long() - 1
        """The label that the image was made with; -1 for a real image."""
        self.made_trained = pixels[:, FEATURES + 1].bool()
        """Whether the generator was in train mode then."""
        self.z = pixels[:, FEATURES + 2 :]
        self._notes = notes

    def __len__(self) -> int:
        return len(self._notes)

    def where(self, index: torch.Tensor) -> "Notes":
        """The entries for which a mask holds, or those with these numbers."""
        return Notes(self._notes[index])

    def fakes(self) -> "Notes":
        return self.where(self.made >= 0)

    def reals(self) -> "Notes":
        return self.where(self.made < 0)


def _add(total: torch.Tensor, grad: torch.Tensor) -> None:
    total += grad.detach().cpu()


def _expect_one_label_each(
    name: str, inputs: torch.Tensor, labels: torch.Tensor, num_classes: int
) -> None:
    if labels.dtype != torch.int64 or labels.shape != inputs.shape[:1]:
        raise ValueError(
            f"the {name} was asked about {len(inputs)} samples with {labels.dtype} labels of "
            f"shape {tuple(labels.shape)}: it takes int64 labels of shape ({len(inputs)},)"
        )
    if ((labels < 0) | (labels >= num_classes)).any():
        raise IndexError(f"the {name} was asked about a label out of bounds, [0, {num_classes})")

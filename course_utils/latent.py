"""What a conditional VAE makes of whole data sets: its codes, and its negative ELBO.

For any model with ``encode(x, labels_onehot)`` → ``(mu, logvar)``, ``decode(z, labels_onehot)`` and
the attributes ``latent_dim`` and ``num_classes``.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.distributions import Normal, kl_divergence

from course_utils.inputs import expect_images, expect_labels

CHUNK = 2000  # images encoded at once


class Elbo(NamedTuple):
    """The negative ELBO and its two parts, in nats per image: ``total = reconstruction + kl``."""

    total: float
    reconstruction: float
    kl: float

    def __str__(self) -> str:
        parts = f"reconstruction {self.reconstruction:.1f}, KL {self.kl:.1f}"
        return f"{self.total:.1f} nats ({parts})"


def encode_all(model: nn.Module, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """``(mu, logvar)``, each `(N, latent_dim)`, of ``images`` `(N, D)` in [0, 1].

    The model encodes in eval mode, without gradients, and keeps the mode that it was in.
    Raises ValueError for images or labels that do not fit.
    """
    expect_images(images, (None,))
    expect_labels(labels, len(images), model.num_classes)
    with _evaluating(model):
        codes = [
            model.encode(x, _one_hot(y, model))
            for x, y in zip(images.split(CHUNK), labels.split(CHUNK), strict=True)
        ]
    mu, logvar = (torch.cat(parts) for parts in zip(*codes, strict=True))
    return mu, logvar


def negative_elbo(
    model: nn.Module, images: Tensor, labels: Tensor, generator: torch.Generator | None = None
) -> Elbo:
    """Minus the evidence lower bound of ``images`` `(N, D)` in [0, 1], mean over the images.

    It is Kingma and Welling's (2014) equation 3 with one z per image. The reconstruction's part is
    the binary cross-entropy, summed over the pixels; the KL divergence is the exact one.
    ``generator``, a CPU generator, draws the noise in z.

    The model is in eval mode meanwhile, and keeps the mode that it was in.
    Raises ValueError for images or labels that do not fit, and for reconstructions outside [0, 1].
    """
    mu, logvar = encode_all(model, images, labels)
    std = (logvar / 2).exp()
    noise = torch.randn(mu.shape, generator=generator).to(mu.device)
    z = mu + std * noise
    reconstruction = 0.0
    with _evaluating(model):
        for x, y, code in zip(*(t.split(CHUNK) for t in (images, labels, z)), strict=True):
            decoded = model.decode(code, _one_hot(y, model))
            expect_images(decoded, x.shape[1:], "reconstructions")
            entropy = F.binary_cross_entropy(decoded.clamp(0, 1), x.clamp(0, 1), reduction="none")
            reconstruction += entropy.sum(dtype=torch.float64).item() / len(images)
    # In double precision, where the std of a very small logvar is not 0 yet.
    posterior = Normal(mu.double(), (logvar.double() / 2).exp())
    kl = kl_divergence(posterior, Normal(0.0, 1.0)).sum().item() / len(images)
    return Elbo(reconstruction + kl, reconstruction, kl)


def _one_hot(labels: Tensor, model: nn.Module) -> Tensor:
    return F.one_hot(labels, model.num_classes).float()


@contextmanager
def _evaluating(model: nn.Module) -> Iterator[None]:
    """Eval mode and no gradients; afterwards the mode is as before, also after an error."""
    was_training = model.training
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        model.train(was_training)

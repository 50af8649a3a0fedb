"""A spy in place of a ConditionalVAE that generates: its images show their z and labels."""

import torch
import torch.nn.functional as F
from torch import nn

from course_utils.evidence import Evidence
from course_utils.exercises.vae.spy import PIXELS, as_codes
from course_utils.faults import close, expect, expect_dtype

Z_SCALE = 8  # keeps the pixels of z in [0, 1]; a power of 2, so that they are exact


class SpyDecoder(nn.Module):
    """A VAE whose pixels are relu(z) / 8, relu(-z) / 8, 1 where z > 0, and the code, repeated.

    It notes in which mode it was asked to decode, and each call of its encoder, which is of no use
    here. With ``fails`` it raises when it is asked to decode.
    """

    def __init__(self, case: Evidence, fails: bool = False) -> None:
        super().__init__()
        self.latent_dim, self.num_classes = case["latent_dim"], case["num_classes"]
        self.fails = fails
        self.scale = nn.Parameter(torch.eye(self.latent_dim) / Z_SCALE)
        self.table = nn.Parameter(_shown(torch.eye(self.num_classes), self.latent_dim))
        self.inner = nn.Dropout(0.0)
        self.modes: list[bool] = []
        self.encoded: list[int] = []
        # A copy of the spy notes here too.
        self.note, self.note_encoded = self.modes.append, self.encoded.append

    def encode(
        self, x: torch.Tensor, labels_onehot: torch.Tensor, /
    ) -> tuple[torch.Tensor, torch.Tensor]:
        self.note_encoded(len(x))
        as_codes("encode", x, labels_onehot, self.num_classes)
        mu = torch.full((len(x), self.latent_dim), 2.0, device=x.device)
        return mu, -mu

    def reparameterize(self, mu: torch.Tensor, logvar: torch.Tensor, /) -> torch.Tensor:
        return mu + (logvar / 2).exp() * torch.randn_like(mu)

    def decode(self, z: torch.Tensor, labels_onehot: torch.Tensor, /) -> torch.Tensor:
        self.note(self.training or self.inner.training)
        if self.fails:
            raise RuntimeError("the model fails on purpose, to see if its mode is restored")
        if z.dim() != 2 or z.shape[1] != self.latent_dim:
            raise ValueError(
                f"decode was given z of shape {tuple(z.shape)}: it takes (B, latent_dim), here "
                f"(B, {self.latent_dim})"
            )
        codes = as_codes("decode", z, labels_onehot, self.num_classes)
        return torch.cat([*_pixels_of(z @ self.scale), self.inner(codes @ self.table)], dim=1)

    def forward(self, x: torch.Tensor, labels: torch.Tensor, /) -> tuple[torch.Tensor, ...]:
        codes = F.one_hot(labels, self.num_classes).float()
        mu, logvar = self.encode(x, codes)
        return self.decode(self.reparameterize(mu, logvar), codes), mu, logvar


def read(images: torch.Tensor, case: Evidence) -> tuple[torch.Tensor, torch.Tensor]:
    """z (N, Z) and labels (N,) behind the spy's images (N, 784); a fault for others."""
    expect_dtype(images, torch.float32, "The images are not float32.")
    latent_dim, num_classes = case["latent_dim"], case["num_classes"]
    up, down, _, code = images.split([*3 * [latent_dim], PIXELS - 3 * latent_dim], dim=1)
    z, labels = (up - down) * Z_SCALE, code[:, :num_classes].argmax(dim=1)
    codes = _shown(F.one_hot(labels, num_classes).float(), latent_dim)
    expect(
        close(images, torch.cat([*_pixels_of(z / Z_SCALE), codes], dim=1), 1e-5),
        "These are not images that the model decodes from one-hot labels: give decode a 1 for the "
        "label and 0 for the rest, and return the images as they come.",
    )
    return z, labels


def _pixels_of(scaled: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """The pixels that show z. The last ones survive rounding: z does not look like 0 then."""
    return scaled.relu(), (-scaled).relu(), (scaled > 0).to(scaled.dtype)


def _shown(codes: torch.Tensor, latent_dim: int) -> torch.Tensor:
    """Codes (N, C), repeated until they fill the pixels that z leaves."""
    width = PIXELS - 3 * latent_dim
    return codes.repeat(1, width // codes.shape[1] + 1)[:, :width].contiguous()

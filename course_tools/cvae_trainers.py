"""Two trainers of a conditional VAE for `time_to_elbo`: a tutorial's, and a fast one."""

from itertools import count, pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader
from torchvision import transforms

from course_tools.picture_files import PictureFiles
from course_utils.data import Batches, Data

LATENT_DIM = 16


class CVAE(nn.Module):
    """A conditional VAE of dense layers, with hidden layers of these sizes."""

    latent_dim, num_classes = LATENT_DIM, 10

    def __init__(self, encoder: list[int], decoder: list[int], batch_norm: bool) -> None:
        super().__init__()

        def dense(*sizes: int) -> list[nn.Module]:
            hidden = [
                layer
                for size, next_size in pairwise(sizes[:-1])
                for layer in (
                    nn.Linear(size, next_size),
                    *([nn.BatchNorm1d(next_size)] if batch_norm else []),
                    nn.ReLU(),
                )
            ]
            return [*hidden, nn.Linear(*sizes[-2:])]

        self.encoder = nn.Sequential(*dense(784 + 10, *encoder, 2 * LATENT_DIM))
        self.decoder = nn.Sequential(*dense(LATENT_DIM + 10, *decoder, 784))

    def encode(self, x: Tensor, labels_onehot: Tensor) -> tuple[Tensor, Tensor]:
        """mu and logvar, each ``(B, Z)``."""
        mu, logvar = self.encoder(torch.cat([x, labels_onehot], dim=1)).chunk(2, dim=1)
        return mu, logvar

    def decode_logits(self, z: Tensor, labels_onehot: Tensor) -> Tensor:
        """The pixels before the sigmoid, ``(B, 784)``."""
        return self.decoder(torch.cat([z, labels_onehot], dim=1))

    def decode(self, z: Tensor, labels_onehot: Tensor) -> Tensor:
        """Pixels in [0, 1], ``(B, 784)``."""
        return self.decode_logits(z, labels_onehot).sigmoid()


def kl(mu: Tensor, logvar: Tensor) -> Tensor:
    """KL divergence from N(0, I), mean over the batch."""
    return 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(dim=1).mean()


class TutorialTrainer:
    """A conditional VAE as tutorials have it: images one by one, Adam at 0.001, batches of 128."""

    def __init__(self, data: Data) -> None:
        self.device = data.train_images.device
        files = PictureFiles(data.train_images, data.train_labels, transforms.ToTensor())
        self.loader = DataLoader(files, batch_size=128, shuffle=True)
        self.model = CVAE([256], [256], batch_norm=False).to(self.device)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=1e-3)

    def train_epoch(self) -> None:
        """One pass over the data."""
        self.model.train()
        for images, labels in self.loader:
            x = images.to(self.device).view(-1, 784)
            code = F.one_hot(labels.to(self.device), 10).float()
            mu, logvar = self.model.encode(x, code)
            z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
            entropy = F.binary_cross_entropy(self.model.decode(z, code), x, reduction="sum")
            loss = entropy / len(x) + kl(mu, logvar)
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()


class FastTrainer:
    """Batch norm and a high learning rate that falls to nearly 0, in bfloat16.

    The data are on the device. With ``vary`` each batch is turned, scaled, slanted and moved a
    little, afresh each time: for long trainings 10,000 images are few.
    """

    batch_size = 256
    lr = 0.01

    def __init__(self, data: Data, num_epochs: int, vary: bool) -> None:
        self.device = data.train_images.device
        batches = Batches(data.train_images, data.train_labels, batch_size=self.batch_size)
        self.batches = (batch for _ in count() for batch in batches)
        self.steps, self.num_steps, self.vary = 0, num_epochs * len(batches), vary
        self.model = CVAE([512], [256, 512], batch_norm=True).to(self.device)
        self.optimizer = torch.optim.Adam(self.model.parameters(), fused=True)

    @property
    def done(self) -> bool:
        """Whether all epochs are trained."""
        return self.steps >= self.num_steps

    def train_steps(self, num_steps: int) -> None:
        """``num_steps`` steps, or as many as are left."""
        self.model.train()
        for _ in range(min(num_steps, self.num_steps - self.steps)):
            share = self.steps / self.num_steps
            # Up over the first twentieth, down over the second half.
            rate = self.lr * min(1.0, 0.05 + 20 * share, 0.01 + 2 * (1 - share))
            self.optimizer.param_groups[0]["lr"] = rate
            images, labels = next(self.batches)
            x = (varied(images) if self.vary else images).flatten(1)
            self.optimizer.zero_grad()
            self.loss(x, F.one_hot(labels, 10).float()).backward()
            self.optimizer.step()
            self.steps += 1

    def loss(self, x: Tensor, code: Tensor) -> Tensor:
        """The negative ELBO, mean over the batch."""
        with torch.autocast(self.device.type, dtype=torch.bfloat16):
            mu, logvar = (part.float() for part in self.model.encode(x, code))
            z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
            logits = self.model.decode_logits(z, code).float()
        entropy = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
        return entropy / len(x) + kl(mu, logvar)


def varied(images: Tensor) -> Tensor:
    """Each image turned (0.1 rad), scaled (6 %), slanted (5 %) and moved (1 pixel) at random."""
    turn, across, down, slant, right, up = 2 * torch.rand(6, len(images), device=images.device) - 1
    turn, shift = 0.1 * turn, 2 / images.shape[-1]
    across, down = 1 + 0.06 * across, 1 + 0.06 * down
    rows = [
        torch.stack([turn.cos() * across, 0.05 * slant - turn.sin() * down, shift * right], dim=1),
        torch.stack([turn.sin() * across, turn.cos() * down, shift * up], dim=1),
    ]
    grid = F.affine_grid(torch.stack(rows, dim=1), images.shape, align_corners=False)
    return F.grid_sample(images, grid, align_corners=False).clamp(0, 1)

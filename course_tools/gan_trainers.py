"""Two trainers of a conditional GAN for `time_to_quality`: a tutorial's, and a fast one."""

from itertools import count

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader
from torchvision import transforms

from course_tools.picture_files import PictureFiles
from course_utils.data import Batches, Data


class Concatenated(nn.Module):
    """Layers on an input concatenated with the embedding of the label."""

    def __init__(self, embedding_dim: int, *layers: nn.Module) -> None:
        super().__init__()
        self.embedding = nn.Embedding(10, embedding_dim)
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        """The layers' output for ``x`` ``(B, ...)`` and ``labels`` ``(B,)``."""
        return self.layers(torch.cat([x.flatten(1), self.embedding(labels)], dim=1))


class TutorialTrainer:
    """A conditional GAN as tutorials have it, down to its batch norm and its sigmoid."""

    latent_dim = 100

    def __init__(self, data: Data) -> None:
        self.device = data.train_images.device
        transform = transforms.Compose(
            [transforms.Resize(28), transforms.ToTensor(), transforms.Normalize([0.5], [0.5])]
        )
        files = PictureFiles(data.train_images, data.train_labels, transform)
        self.loader = DataLoader(files, batch_size=64, shuffle=True)
        layers: list[nn.Module] = [nn.Linear(110, 128), nn.LeakyReLU(0.2)]
        for width, wider in ((128, 256), (256, 512), (512, 1024)):
            layers += [
                nn.Linear(width, wider),
                nn.BatchNorm1d(wider, momentum=0.8),
                nn.LeakyReLU(0.2),
            ]
        layers += [nn.Linear(1024, 784), nn.Tanh(), nn.Unflatten(1, (1, 28, 28))]
        self.generator = Concatenated(10, *layers).to(self.device)
        self.discriminator = Concatenated(
            10,
            *(nn.Linear(794, 512), nn.LeakyReLU(0.2)),
            *(nn.Linear(512, 256), nn.LeakyReLU(0.2)),
            *(nn.Linear(256, 1), nn.Sigmoid()),
        ).to(self.device)
        self.optimizers = [
            torch.optim.Adam(model.parameters(), lr=2e-4, betas=(0.5, 0.999))
            for model in (self.generator, self.discriminator)
        ]

    def train_epoch(self) -> None:
        """One pass over the data: for each batch a generator's step, then a discriminator's."""
        bce = nn.BCELoss()
        of_generator, of_discriminator = self.optimizers
        for images, labels in self.loader:
            images, labels = images.to(self.device), labels.to(self.device)
            real = torch.ones(len(images), 1, device=self.device)
            fake = torch.zeros(len(images), 1, device=self.device)
            z = torch.randn(len(images), self.latent_dim, device=self.device)
            asked = torch.randint(10, (len(images),), device=self.device)
            of_generator.zero_grad()
            drawn = self.generator(z, asked)
            loss = bce(self.discriminator(drawn, asked), real)
            loss.backward()
            of_generator.step()
            of_discriminator.zero_grad()
            on_real = bce(self.discriminator(images, labels), real)
            on_fake = bce(self.discriminator(drawn.detach(), asked), fake)
            ((on_real + on_fake) / 2).backward()
            of_discriminator.step()

    @torch.no_grad()
    def draw(self, labels: Tensor) -> Tensor:
        """Images in [0, 1] for ``labels``."""
        self.generator.eval()
        z = torch.randn(len(labels), self.latent_dim, device=self.device)
        images = (self.generator(z, labels) + 1) / 2
        self.generator.train()
        return images


class LateLabel(nn.Module):
    """A discriminator in which the label joins after the first layer, as in notebook 02."""

    def __init__(self, embedding_dim: int = 100) -> None:
        super().__init__()
        self.embedding = nn.Embedding(10, embedding_dim)
        self.see = nn.Sequential(nn.Flatten(), nn.Linear(784, 512), nn.LeakyReLU(0.2))
        self.compare = nn.Sequential(
            nn.Linear(512 + embedding_dim, 256), nn.LeakyReLU(0.2), nn.Linear(256, 1)
        )

    def forward(self, images: Tensor, labels: Tensor) -> Tensor:
        """Logits ``(B, 1)``."""
        return self.compare(torch.cat([self.see(images), self.embedding(labels)], dim=1))


class FastTrainer:
    """The recipe of notebook 02, wider, in bfloat16, with batches of 256.

    The data are on the device, and nothing in a step waits for the device.
    """

    latent_dim = 32
    batch_size = 256
    num_epochs = 200  # with more of them the discriminator learns the 10,000 images by heart
    lr = 1e-3

    def __init__(self, data: Data) -> None:
        self.device = data.train_images.device
        batches = Batches(data.train_images * 2 - 1, data.train_labels, batch_size=self.batch_size)
        self.batches = (batch for _ in count() for batch in batches)
        self.steps, self.steps_per_epoch = 0, len(batches)
        layers: list[nn.Module] = []
        for width, wider in ((self.latent_dim + 32, 256), (256, 512)):
            layers += [nn.Linear(width, wider, bias=False), nn.BatchNorm1d(wider), nn.ReLU()]
        layers += [nn.Linear(512, 784), nn.Tanh(), nn.Unflatten(1, (1, 28, 28))]
        self.generator = Concatenated(32, *layers).to(self.device)
        self.discriminator = LateLabel().to(self.device)
        average = get_ema_multi_avg_fn(0.999)
        self.average = AveragedModel(self.generator, multi_avg_fn=average, use_buffers=True)
        self.of_generator, self.of_discriminator = (
            torch.optim.Adam(model.parameters(), lr=self.lr, betas=(0.0, 0.99), fused=True)
            for model in (self.generator, self.discriminator)
        )

    @property
    def done(self) -> bool:
        """Whether all epochs are trained."""
        return self.steps >= self.num_epochs * self.steps_per_epoch

    def train_steps(self, num_steps: int) -> None:
        """``num_steps`` steps of each network."""
        for _ in range(num_steps):
            self._schedule(self.steps / (self.num_epochs * self.steps_per_epoch))
            images, labels = next(self.batches)
            self.of_discriminator.zero_grad()
            self.discriminator_loss(images, labels).backward()
            self.of_discriminator.step()
            self.of_generator.zero_grad()
            self.generator_loss(torch.randint_like(labels, 10)).backward()
            self.of_generator.step()
            self.average.update_parameters(self.generator)
            self.steps += 1

    def _schedule(self, share: float) -> None:
        """Choose the learning rate, and how much the average keeps, for this share of the steps.

        The learning rate falls over the second half, to a twentieth. The average keeps 99.7 % at
        first, to follow quickly, and 99.9 % later.
        """
        for optimizer in (self.of_generator, self.of_discriminator):
            optimizer.param_groups[0]["lr"] = self.lr * min(1.0, 2 * max(0.025, 1 - share))
        self.average.multi_avg_fn = get_ema_multi_avg_fn(0.997 if share < 0.25 else 0.999)

    def discriminator_loss(self, images: Tensor, labels: Tensor) -> Tensor:
        """As in notebook 02: the mean of both cross-entropies, as a scalar."""
        with self._bfloat16():
            with torch.no_grad():
                drawn = self.generator(self._noise(len(labels)), labels)
            on_real = self.discriminator(images, labels)
            on_fake = self.discriminator(drawn, labels)
        return (F.softplus(-on_real.float()).mean() + F.softplus(on_fake.float()).mean()) / 2

    def generator_loss(self, labels: Tensor) -> Tensor:
        """The non-saturating loss, as a scalar."""
        with self._bfloat16():
            drawn = self.generator(self._noise(len(labels)), labels)
            logits = self.discriminator(drawn, labels)
        return F.softplus(-logits.float()).mean()

    def _bfloat16(self) -> torch.autocast:
        return torch.autocast(self.device.type, dtype=torch.bfloat16)

    def _noise(self, count: int) -> Tensor:
        return torch.randn(count, self.latent_dim, device=self.device)

    @torch.no_grad()
    def draw(self, labels: Tensor) -> Tensor:
        """Images in [0, 1] for ``labels``, from the averaged generator."""
        return (self.average.eval()(self._noise(len(labels)), labels) + 1) / 2

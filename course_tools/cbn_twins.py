"""What made the difference? ``python -m course_tools.cbn_twins``: notebook 04's GAN and its twins.

Its networks are trained on digits as they are, and with the label concatenated instead: in the
generator, in the discriminator, in both. Everything else stays: convolutions, losses, spectral
normalization, learning rate, number of images.
"""

from itertools import product

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from course_tools.reference import CbnTraining
from course_utils import load_data
from course_utils.judges import load_judge
from course_utils.quality import QualityMeter

SEEDS = 2


def concatenating_generator(kind: type[nn.Module]) -> type[nn.Module]:
    """``kind``, notebook 04's generator, with the label beside the noise, as in notebook 02."""

    class Generator(kind):
        def __init__(self, latent_dim: int, num_classes: int, *sizes: object) -> None:
            super().__init__(latent_dim + 32, num_classes, *sizes)
            self.embedding = nn.Embedding(num_classes, 32)
            self.norm1 = nn.BatchNorm2d(self.conv1.in_channels)
            self.norm2 = nn.BatchNorm2d(self.conv2.in_channels)

        def forward(self, z: Tensor, labels: Tensor) -> Tensor:
            h = self.linear(torch.cat([z, self.embedding(labels)], dim=1))
            h = F.relu(self.norm1(h.unflatten(1, self.start)))
            h = F.relu(self.norm2(self.conv1(F.interpolate(h, scale_factor=2))))
            return torch.tanh(self.conv2(F.interpolate(h, scale_factor=2)))

    return Generator


def concatenating_discriminator(kind: type[nn.Module]) -> type[nn.Module]:
    """``kind``, notebook 04's discriminator, with the label beside the features."""

    class Discriminator(kind):
        def __init__(self, image_shape: tuple[int, ...], num_classes: int, *sizes: object) -> None:
            super().__init__(image_shape, num_classes, *sizes)
            num_features = self.linear.in_features
            self.embedding = spectral_norm(nn.Embedding(num_classes, 100))
            self.linear = nn.Sequential(
                spectral_norm(nn.Linear(num_features + 100, 128)),
                nn.LeakyReLU(0.2),
                spectral_norm(nn.Linear(128, 1)),
            )

        def forward(self, images: Tensor, labels: Tensor) -> Tensor:
            return self.linear(torch.cat([self.features(images), self.embedding(labels)], dim=1))

    return Discriminator


def main() -> None:
    """Train the four, from each seed, and print their quality."""
    torch.set_num_threads(1)
    data = load_data("digits", torch.device("cpu"))
    meter = QualityMeter(data, load_judge(data))
    training = CbnTraining(data)
    generator, discriminator = (
        training.names[name] for name in ("CBNGenerator", "ProjectionDiscriminator")
    )
    generators = {"CBN": generator, "concatenation": concatenating_generator(generator)}
    discriminators = {
        "projection": discriminator,
        "concatenation": concatenating_discriminator(discriminator),
    }
    for seed, (by, judged) in product(range(SEEDS), product(generators, discriminators)):
        training.names["CBNGenerator"] = generators[by]
        training.names["ProjectionDiscriminator"] = discriminators[judged]
        training.run(seed)
        print(f"generator {by}, discriminator {judged}, seed {seed}: {meter(training.draw)}")


if __name__ == "__main__":
    main()

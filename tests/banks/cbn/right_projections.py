"""Right answers to exercise projection-discriminator."""

import math

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from banks import right


@right("projection-discriminator")
class SumPooling(nn.Module):
    """As in the paper: spectral norm everywhere, strided convolutions, a sum over the maps."""

    def __init__(self, image_shape, num_classes, base_channels=32):
        super().__init__()
        c = base_channels
        self.convolutions = nn.Sequential(
            spectral_norm(nn.Conv2d(image_shape[0], c, 4, stride=2, padding=1)),
            nn.LeakyReLU(0.2),
            spectral_norm(nn.Conv2d(c, 2 * c, 4, stride=2, padding=1)),
            nn.LeakyReLU(0.2),
        )
        self.linear = spectral_norm(nn.Linear(2 * c, 1))
        self.embedding = spectral_norm(nn.Embedding(num_classes, 2 * c))

    def features(self, images):
        return self.convolutions(images).sum((2, 3))

    def forward(self, images, labels):
        h = self.features(images)
        return self.linear(h) + (self.embedding(labels) * h).sum(1, keepdim=True)


@right("projection-discriminator")
class Flattened(nn.Module):
    """DCGAN's layers with the old spectral norm and batch norm, all places kept; zeros at first."""

    def __init__(self, image_shape, num_classes, base_channels=32):
        super().__init__()
        norm = nn.utils.spectral_norm
        self.features = nn.Sequential(
            norm(nn.Conv2d(image_shape[0], base_channels, 4, 2, bias=False)),
            nn.LeakyReLU(0.2, inplace=True),
            norm(nn.Conv2d(base_channels, base_channels, 4, 2, bias=False)),
            nn.BatchNorm2d(base_channels),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Dropout2d(0.2),
            nn.Flatten(),
        )
        with torch.no_grad():
            width = self.features(torch.zeros(2, *image_shape)).shape[1]
        self.linear = nn.Linear(width, 1, bias=False)
        self.embedding = nn.Embedding(num_classes, width)
        nn.init.zeros_(self.embedding.weight)

    def forward(self, images, labels):
        h = self.features(images)
        return torch.einsum("bd,bd->b", h, self.embedding(labels))[:, None] + self.linear(h)


@right("projection-discriminator")
class Mlp(nn.Module):
    """The contract leaves the features open; the two parts share one product."""

    def __init__(self, image_shape, num_classes, base_channels=32):
        super().__init__()
        self.first = nn.Linear(math.prod(image_shape), 4 * base_channels)
        self.second = nn.Linear(4 * base_channels, base_channels)
        self.linear = nn.Linear(base_channels, 1)
        self.embedding = nn.Embedding(num_classes, base_channels, sparse=True)

    def features(self, images):
        return F.silu(self.second(F.silu(self.first(images.flatten(1)))))

    def forward(self, images, labels):
        h = self.features(images)
        rows = self.embedding(labels) + self.linear.weight
        return torch.bmm(rows[:, None], h[:, :, None]).squeeze(2) + self.linear.bias


class OneHotTimesMatrix(nn.Module):
    def __init__(self, num_classes, width):
        super().__init__()
        self.register_buffer("codes", torch.eye(num_classes))
        self.table = nn.Linear(num_classes, width, bias=False)

    def forward(self, labels):
        return self.table(self.codes[labels])


@right("projection-discriminator")
class OwnTable(nn.Module):
    """Functional, with a table of its own, and a linear layer that is a method."""

    def __init__(self, image_shape, num_classes, base_channels=32):
        super().__init__()
        self.kernels = nn.Parameter(torch.randn(base_channels, image_shape[0], 5, 5) / 5)
        self.embedding = OneHotTimesMatrix(num_classes, base_channels)
        self.w = nn.Parameter(torch.zeros(base_channels))
        self.b = nn.Parameter(torch.tensor(0.5))

    def linear(self, h):
        return (h @ self.w + self.b).unsqueeze(1)

    def features(self, images):
        return F.adaptive_avg_pool2d(F.conv2d(images, self.kernels).relu_(), 1).flatten(1)

    def forward(self, images, labels):
        h = self.features(images)
        scores = self.linear(h)
        scores += torch.linalg.vecdot(self.embedding(labels), h).view(-1, 1)
        return scores


@right("projection-discriminator")
class Residual(nn.Module):
    """Average pooling, skips, an embedding of the shape (B, 1, D), and noise in train mode."""

    def __init__(self, image_shape, num_classes, base_channels=32):
        super().__init__()
        self.start = nn.Conv2d(image_shape[0], base_channels, 1)
        self.blocks = nn.ModuleList(
            nn.Sequential(
                nn.ReLU(),
                nn.Conv2d(base_channels, base_channels, 3, padding=1),
                nn.ReLU(),
                nn.Conv2d(base_channels, base_channels, 3, padding=1),
            )
            for _ in range(2)
        )
        self.linear = nn.Sequential(nn.Dropout(0.2), nn.Linear(base_channels, 1))
        self.embedding = nn.Sequential(
            nn.Embedding(num_classes, base_channels), nn.Unflatten(1, (1, -1))
        )

    def features(self, images):
        h = self.start(images + 0.05 * torch.randn_like(images) if self.training else images)
        for block in self.blocks:
            h = F.avg_pool2d(block(h) + h, 2)
        return h.relu().mean((2, 3))

    def forward(self, images, labels):
        h = self.features(images)
        return (self.embedding(labels) @ h.unsqueeze(2)).squeeze(2) + self.linear(h)


@right("projection-discriminator")
class Lazy(nn.Module):
    """Layers that find their sizes in the first call; the product as the diagonal of a table."""

    def __init__(self, image_shape, num_classes, base_channels=32):
        super().__init__()
        self.body = nn.Sequential(
            nn.LazyConv2d(base_channels, 3, 2, 1),
            nn.LazyBatchNorm2d(),
            nn.ELU(),
            nn.LazyConv2d(base_channels, 3, 2, 1),
            nn.AdaptiveMaxPool2d(2),
            nn.Flatten(),
            nn.LazyLinear(2 * base_channels),
        )
        self.linear = nn.LazyLinear(1)
        self.embedding = nn.Embedding(num_classes, 2 * base_channels, max_norm=50)

    def features(self, images):
        return self.body(images)

    def forward(self, images, labels):
        h = self.features(images)
        return self.linear(h) + (h @ self.embedding(labels).T).diagonal().unsqueeze(1)


@right("projection-discriminator")
class OneTableForBoth(Mlp):
    """weight_norm, and the inner product through the embedding of all classes."""

    def __init__(self, *sizes):
        super().__init__(*sizes)
        norm = nn.utils.parametrizations.weight_norm
        self.second, self.linear = norm(self.second), norm(self.linear)
        self.embedding = nn.Embedding(*self.embedding.weight.shape)

    def forward(self, images, labels):
        h = self.features(images)
        every_class = F.linear(h, self.embedding.weight)
        return self.linear(h).add(every_class.gather(1, labels.unsqueeze(1)))

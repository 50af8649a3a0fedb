"""Right answers to exercise discriminator."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from banks import right


@right("discriminator")
class EmbeddingAndMlp(nn.Module):
    def __init__(self, image_shape, num_classes, embedding_dim):
        super().__init__()
        self.embedding = nn.Embedding(num_classes, embedding_dim)
        self.layers = nn.Sequential(
            nn.Linear(math.prod(image_shape) + embedding_dim, 128),
            nn.LeakyReLU(0.2),
            nn.Dropout(0.3),
            nn.Linear(128, 64),
            nn.LeakyReLU(0.2),
            nn.Linear(64, 1),
        )

    def forward(self, images, labels):
        return self.layers(torch.cat([images.flatten(1), self.embedding(labels)], dim=1))


@right("discriminator")
class LabelAsAMap(nn.Module):
    """Convolutions without padding, which leave out the last pixels; the label is a channel."""

    def __init__(self, image_shape, num_classes, embedding_dim):
        super().__init__()
        channels, height, width = image_shape
        self.maps = nn.Sequential(
            nn.Embedding(num_classes, embedding_dim),
            nn.Linear(embedding_dim, height * width),
            nn.Unflatten(1, (1, height, width)),
        )
        self.layers = nn.Sequential(
            nn.Conv2d(channels + 1, 16, 4, 2),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(16, 32, 4, 2, bias=False),
            nn.BatchNorm2d(32),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Flatten(),
            nn.LazyLinear(1),
        )

    def forward(self, images, labels):
        return self.layers(torch.cat((images, self.maps(labels)), 1))


@right("discriminator")
class ProjectionAndSpectralNorm(nn.Module):
    def __init__(self, image_shape, num_classes, embedding_dim):
        super().__init__()
        norm = nn.utils.parametrizations.spectral_norm
        self.first = norm(nn.Conv2d(image_shape[0], 16, 3, 2, 1))
        self.second = norm(nn.Conv2d(16, embedding_dim, 3, 2, 1))
        self.embedding = norm(nn.Embedding(num_classes, embedding_dim))
        self.linear = norm(nn.Linear(embedding_dim, 1))

    def forward(self, images, labels):
        h = F.relu(self.second(F.relu(self.first(images)))).sum((2, 3))
        return self.linear(h) + (self.embedding(labels) * h).sum(1, keepdim=True)


@right("discriminator")
class SpectralNormWithoutBias(nn.Module):
    """No parameter makes these logits large: only images do."""

    def __init__(self, image_shape, num_classes, embedding_dim):
        super().__init__()
        norm, pixels = nn.utils.spectral_norm, math.prod(image_shape)
        self.first = norm(nn.Linear(pixels, 64, bias=False))
        self.label = norm(nn.Linear(num_classes, 64, bias=False))
        self.second = norm(nn.Linear(64, 1, bias=False))
        self.num_classes = num_classes

    def forward(self, images, labels):
        codes = F.one_hot(labels, self.num_classes).float()
        return self.second(F.leaky_relu(self.first(images.flatten(1)) + self.label(codes), 0.2))


@right("discriminator")
class OneHotTimesMatrix(nn.Module):
    """Functional; the label multiplies the features; zeros in the last layer."""

    def __init__(self, image_shape, num_classes, embedding_dim):
        super().__init__()
        self.register_buffer("codes", torch.eye(num_classes))
        self.w = nn.Parameter(torch.randn(math.prod(image_shape), embedding_dim) / 20)
        self.table = nn.Parameter(torch.ones(num_classes, embedding_dim))
        self.v = nn.Parameter(torch.zeros(embedding_dim))
        self.c = nn.Parameter(torch.tensor(0.0))

    def forward(self, images, labels):
        h = torch.tanh(images.reshape(len(images), -1) @ self.w)
        h = h * (self.codes[labels] @ self.table)
        return (h @ self.v + self.c)[:, None]


@right("discriminator")
class MinibatchStd(nn.Module):
    """One feature tells how much the images of the batch differ; it needs two of them."""

    def __init__(self, image_shape, num_classes, embedding_dim):
        super().__init__()
        self.embedding = nn.Embedding(num_classes, embedding_dim)
        self.first = nn.Linear(math.prod(image_shape), 64)
        self.second = nn.Linear(64 + embedding_dim + 1, 64)
        self.last = nn.Linear(64, 1)

    def forward(self, images, labels):
        x = images.flatten(1)
        spread = x.std(0).mean().expand(len(x), 1)
        h = torch.cat([F.silu(self.first(x)), self.embedding(labels), spread], 1)
        return self.last(F.silu(self.second(h)))


@right("discriminator")
class LabelAtTheEnd(nn.Module):
    """The label adds its own amount: the contract asks for no more."""

    def __init__(self, image_shape, num_classes, embedding_dim):
        super().__init__()
        self.pool = nn.MaxPool2d(2)
        self.features = nn.Sequential(nn.LazyConv2d(8, 5), nn.ReLU(), nn.MaxPool2d(3), nn.Flatten())
        self.image = nn.LazyLinear(1)
        self.label = nn.Sequential(
            nn.Embedding(num_classes, embedding_dim, sparse=True), nn.Linear(embedding_dim, 1)
        )

    def forward(self, images, labels):
        logits = self.image(self.features(self.pool(images)))
        logits += self.label(labels)
        return logits


@right("discriminator")
class NoisyWhileTraining(EmbeddingAndMlp):
    def forward(self, images, labels):
        if self.training:
            images = images + 0.05 * torch.randn_like(images)
        return super().forward(images, labels)

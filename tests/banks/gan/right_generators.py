"""Right answers to exercise generator."""

import math
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import nn

from banks import right


@right("generator")
class EmbeddingAndMlp(nn.Module):
    def __init__(self, latent_dim, num_classes, embedding_dim, image_shape):
        super().__init__()
        self.image_shape = tuple(image_shape)
        self.embedding = nn.Embedding(num_classes, embedding_dim)
        self.layers = nn.Sequential(
            nn.Linear(latent_dim + embedding_dim, 64),
            nn.ReLU(),
            nn.Linear(64, 128),
            nn.ReLU(),
            nn.Linear(128, math.prod(image_shape)),
        )

    def forward(self, z, labels):
        h = self.layers(torch.cat([z, self.embedding(labels)], dim=1))
        return torch.tanh(h).view(-1, *self.image_shape)


@right("generator")
class WithBatchNormAndDropout(nn.Module):
    def __init__(self, latent_dim, num_classes, embedding_dim, image_shape):
        super().__init__()
        self.embedding = nn.Embedding(num_classes, embedding_dim)
        sizes = [latent_dim + embedding_dim, 48, 96]
        hidden = [
            nn.Sequential(nn.Linear(a, b), nn.BatchNorm1d(b), nn.LeakyReLU(0.2), nn.Dropout(0.3))
            for a, b in pairwise(sizes)
        ]
        self.hidden = nn.ModuleList(hidden)
        self.out = nn.Linear(96, math.prod(image_shape))
        self.shape = nn.Unflatten(1, tuple(image_shape))

    def forward(self, z, labels):
        h = torch.hstack([self.embedding(labels), z])
        for layer in self.hidden:
            h = layer(h)
        return self.shape(self.out(h).tanh())


@right("generator")
class TransposedConvolutions(nn.Module):
    """DCGAN, with its initial weights."""

    def __init__(self, latent_dim, num_classes, embedding_dim, image_shape):
        super().__init__()
        channels, height, width = image_shape
        self.start = 32, height // 4, width // 4
        self.embedding = nn.Embedding(num_classes, embedding_dim)
        self.project = nn.Linear(latent_dim + embedding_dim, math.prod(self.start), bias=False)
        self.layers = nn.Sequential(
            nn.BatchNorm2d(32),
            nn.ReLU(inplace=True),
            nn.ConvTranspose2d(32, 16, 4, 2, 1, bias=False),
            nn.BatchNorm2d(16),
            nn.ReLU(inplace=True),
            nn.ConvTranspose2d(16, channels, 4, 2, 1, bias=False),
            nn.Tanh(),
        )
        for layer in self.modules():
            if isinstance(layer, nn.ConvTranspose2d | nn.Linear):
                nn.init.normal_(layer.weight, 0, 0.02)
            elif isinstance(layer, nn.BatchNorm2d):
                nn.init.normal_(layer.weight, 1, 0.02)

    def forward(self, z, labels):
        h = self.project(torch.cat((z, self.embedding(labels)), 1))
        return self.layers(h.view(-1, *self.start))


@right("generator")
class ResizeConvolutionsAndLabelMap(nn.Module):
    """The label is a second map of the coarse image."""

    def __init__(self, latent_dim, num_classes, embedding_dim, image_shape):
        super().__init__()
        self.size = image_shape[1:]
        self.z_map = nn.Linear(latent_dim, 15 * 49)
        self.label_map = nn.Sequential(
            nn.Embedding(num_classes, embedding_dim), nn.Linear(embedding_dim, 49)
        )
        self.first = nn.Conv2d(16, 16, 5, padding=2)
        self.last = nn.Conv2d(16, image_shape[0], 3, padding=1)

    def forward(self, z, labels):
        maps = self.z_map(z).view(-1, 15, 7, 7), self.label_map(labels).view(-1, 1, 7, 7)
        h = F.interpolate(torch.cat(maps, 1), scale_factor=2)
        h = F.interpolate(F.silu(self.first(h)), size=self.size)
        return 2 * torch.sigmoid(self.last(h)) - 1


@right("generator")
class OneHotTimesMatrix(nn.Module):
    """Functional, with parameters of its own, in-place activations, and one label per scale."""

    def __init__(self, latent_dim, num_classes, embedding_dim, image_shape):
        super().__init__()
        self.image_shape = image_shape
        self.num_classes = num_classes
        self.table = nn.Parameter(torch.randn(num_classes, embedding_dim))
        self.w = nn.Parameter(torch.randn(latent_dim + embedding_dim, 100) / 5)
        self.b = nn.Parameter(torch.zeros(100))
        self.v = nn.Parameter(torch.randn(100, math.prod(image_shape)) / 10)

    def forward(self, z, labels):
        e = F.one_hot(labels, self.num_classes).to(z.dtype) @ self.table
        h = (torch.cat([z, e], -1) @ self.w).add_(self.b).relu_()
        return (h @ self.v).tanh_().reshape(len(z), *self.image_shape)


@right("generator")
class ZeroInitialized(EmbeddingAndMlp):
    """Layers may start at zero: what they learn is what counts."""

    def __init__(self, *sizes):
        super().__init__(*sizes)
        nn.init.zeros_(self.embedding.weight)
        nn.init.zeros_(self.layers[4].weight)
        nn.init.zeros_(self.layers[4].bias)


@right("generator")
class SpectralNorm(nn.Module):
    """Normalized noise, and layers whose weights cannot grow."""

    def __init__(self, latent_dim, num_classes, embedding_dim, image_shape):
        super().__init__()
        self.image_shape = image_shape
        norm = nn.utils.spectral_norm
        self.embedding = nn.Embedding(num_classes, latent_dim)
        self.first = nn.utils.parametrizations.spectral_norm(nn.Linear(latent_dim, 64))
        self.second = norm(nn.Linear(64, math.prod(image_shape)))

    def forward(self, z, labels):
        h = F.normalize(z, dim=1) * (1 + self.embedding(labels))
        return self.second(F.leaky_relu(self.first(h))).tanh().unflatten(1, self.image_shape)


@right("generator")
class NoRunningStatistics(EmbeddingAndMlp):
    """Takes batch statistics in eval mode too: nothing is promised for one sample."""

    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.layers.insert(1, nn.BatchNorm1d(64, track_running_stats=False))


@right("generator")
class LazyLayers(nn.Module):
    def __init__(self, latent_dim, num_classes, embedding_dim, image_shape):
        super().__init__()
        self.embedding = nn.Embedding(num_classes, embedding_dim)
        layers = nn.LazyLinear(64), nn.LazyBatchNorm1d(), nn.SiLU(), nn.LazyLinear(96), nn.SiLU()
        pixels = nn.LazyLinear(math.prod(image_shape)), nn.Tanh(), nn.Unflatten(1, image_shape)
        self.layers = nn.Sequential(*layers, *pixels)

    def forward(self, z, labels):
        return self.layers(torch.column_stack([z, self.embedding(labels)]))


@right("generator")
class Clamped(EmbeddingAndMlp):
    def forward(self, z, labels):
        h = self.layers(torch.cat([z, self.embedding(labels)], dim=1))
        return F.hardtanh(h).view(len(z), *self.image_shape)


@right("generator")
class LabelAsANumber(nn.Module):
    """The contract leaves open how the label enters."""

    def __init__(self, latent_dim, num_classes, embedding_dim, image_shape):
        super().__init__()
        self.image_shape, self.num_classes = image_shape, num_classes
        self.first = nn.LazyLinear(64)
        self.second = nn.LazyLinear(math.prod(image_shape))

    def forward(self, z, labels):
        number = labels[:, None] / self.num_classes
        h = torch.sin(self.first(torch.cat([z, number], 1)))
        return F.softsign(self.second(h)).view(-1, *self.image_shape)


@right("generator")
class OneTablePerLayer(nn.Module):
    """FiLM: the label scales and shifts; the noise of train mode is the caller's choice."""

    def __init__(self, latent_dim, num_classes, embedding_dim, image_shape):
        super().__init__()
        self.register_buffer("eye", torch.eye(num_classes))
        self.film = nn.Linear(num_classes, 2 * 64)
        self.first = nn.Linear(latent_dim, 64)
        self.second = nn.utils.parametrizations.weight_norm(nn.Linear(64, math.prod(image_shape)))
        self.shape = image_shape

    def forward(self, z, labels):
        scale, shift = self.film(self.eye[labels]).chunk(2, dim=1)
        h = F.elu(self.first(z) * (1 + scale) + shift)
        if self.training:
            h = h + 0.1 * torch.randn_like(h)
        return torch.tanh(self.second(h)).reshape(-1, *self.shape)

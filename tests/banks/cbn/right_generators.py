"""Right answers to exercise cbn-generator."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from banks import right
from banks.cbn.normalization import ConditionalBatchNorm2d, FromAnEmbedding


@right("cbn-generator")
class TransposedConvolutions(nn.Module):
    Norm = ConditionalBatchNorm2d

    def __init__(self, latent_dim, num_classes, base_channels=32, image_shape=(1, 28, 28)):
        super().__init__()
        channels, height, width = image_shape
        c = base_channels
        self.first_map = 4 * c, height // 4, width // 4
        self.start = nn.Linear(latent_dim, math.prod(self.first_map))
        self.norm1 = self.Norm(4 * c, num_classes)
        self.up1 = nn.ConvTranspose2d(4 * c, 2 * c, 4, stride=2, padding=1)
        self.norm2 = self.Norm(2 * c, num_classes)
        self.up2 = nn.ConvTranspose2d(2 * c, c, 4, stride=2, padding=1)
        self.norm3 = self.Norm(c, num_classes)
        self.pixels = nn.Conv2d(c, channels, 3, padding=1)

    def maps(self, z, labels):
        h = self.start(z).view(-1, *self.first_map)
        h = F.relu(self.norm1(h, labels))
        h = F.relu(self.norm2(self.up1(h), labels))
        h = F.relu(self.norm3(self.up2(h), labels))
        return self.pixels(h)

    def forward(self, z, labels):
        return torch.tanh(self.maps(z, labels))


@right("cbn-generator")
class Dcgan(nn.Module):
    """z is a map of one pixel; no biases; DCGAN's initial weights; narrow at the end."""

    def __init__(self, latent_dim, num_classes, base_channels=32, image_shape=(1, 28, 28)):
        super().__init__()
        widths = [latent_dim, base_channels, base_channels // 2]
        layers = [(image_shape[1] // 4, 1, 0), (4, 2, 1)]
        self.convolutions = nn.ModuleList(
            nn.ConvTranspose2d(widths[i], widths[i + 1], *layer, bias=False)
            for i, layer in enumerate(layers)
        )
        self.norms = nn.ModuleList(ConditionalBatchNorm2d(w, num_classes) for w in widths[1:])
        self.last = nn.ConvTranspose2d(widths[-1], image_shape[0], 4, 2, 1, bias=False)
        for layer in (*self.convolutions, self.last):
            nn.init.normal_(layer.weight, 0, 0.02)

    def forward(self, z, labels):
        h = z[:, :, None, None]
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            h = norm(convolution(h), labels).relu_()
        return self.last(h).tanh()


@right("cbn-generator")
class ResizeConvolutions(nn.Module):
    """One width throughout, nearest neighbours, sizes that are not multiples of four."""

    def __init__(self, latent_dim, num_classes, base_channels=32, image_shape=(1, 28, 28)):
        super().__init__()
        self.size = image_shape[1:]
        self.start = nn.Sequential(
            nn.Linear(latent_dim, base_channels * 25), nn.Unflatten(1, (base_channels, 5, 5))
        )
        self.norm1 = FromAnEmbedding(base_channels, num_classes)
        self.conv1 = nn.Conv2d(base_channels, base_channels, 3, padding="same")
        self.norm2 = FromAnEmbedding(base_channels, num_classes)
        self.conv2 = nn.Conv2d(base_channels, image_shape[0], 5, padding="same")

    def forward(self, z, labels):
        h = F.leaky_relu(self.norm1(self.start(z), labels), 0.2)
        h = self.conv1(F.interpolate(h, scale_factor=3))
        h = F.leaky_relu(self.norm2(h, labels), 0.2)
        return self.conv2(F.interpolate(h, self.size, mode="bilinear")).tanh()


class ResidualBlock(nn.Module):
    def __init__(self, width, num_classes):
        super().__init__()
        norm = nn.utils.parametrizations.spectral_norm
        self.norm1 = ConditionalBatchNorm2d(width, num_classes)
        self.conv1 = norm(nn.Conv2d(width, width, 3, padding=1))
        self.norm2 = ConditionalBatchNorm2d(width, num_classes)
        self.conv2 = norm(nn.Conv2d(width, width, 3, padding=1))
        self.up = nn.Upsample(scale_factor=2)

    def forward(self, x, labels):
        h = self.conv1(self.up(F.relu(self.norm1(x, labels))))
        return self.conv2(F.relu(self.norm2(h, labels))) + self.up(x)


@right("cbn-generator")
class ResidualAndSpectralNorm(nn.Module):
    """SNGAN; a plain batch norm at the end; in the format channels_last."""

    def __init__(self, latent_dim, num_classes, base_channels=32, image_shape=(1, 28, 28)):
        super().__init__()
        norm = nn.utils.parametrizations.spectral_norm
        self.start = norm(nn.Linear(latent_dim, base_channels * (image_shape[1] // 4) ** 2))
        self.size = image_shape[1] // 4
        self.blocks = nn.ModuleList(ResidualBlock(base_channels, num_classes) for _ in range(2))
        self.last = nn.Sequential(
            nn.BatchNorm2d(base_channels),
            nn.ReLU(),
            norm(nn.Conv2d(base_channels, image_shape[0], 3, padding=1)),
            nn.Tanh(),
        )
        self.to(memory_format=torch.channels_last)

    def forward(self, z, labels):
        h = self.start(z).unflatten(1, (-1, self.size, self.size))
        h = h.contiguous(memory_format=torch.channels_last)
        for block in self.blocks:
            h = block(h, labels)
        return self.last(h)


@right("cbn-generator")
class ByHand(nn.Module):
    """No layers: running statistics, one-hot times matrix and convolutions written out."""

    def __init__(self, latent_dim, num_classes, base_channels=32, image_shape=(1, 28, 28)):
        super().__init__()
        c, self.size = base_channels, image_shape[1] // 2
        self.start = nn.Parameter(torch.randn(latent_dim, c * self.size**2))
        self.up = nn.Parameter(torch.randn(c, image_shape[0], 4, 4) / 8)
        self.scale = nn.Parameter(torch.zeros(num_classes, c))
        self.shift = nn.Parameter(torch.zeros(num_classes, c))
        self.register_buffer("eye", torch.eye(num_classes))
        self.register_buffer("mean", torch.zeros(c))
        self.register_buffer("var", torch.ones(c))

    def forward(self, z, labels):
        h = (z @ self.start).view(len(z), -1, self.size, self.size)
        mean, var = self.mean, self.var
        if self.training:
            var, mean = torch.var_mean(h, (0, 2, 3), correction=0)
            with torch.no_grad():
                self.mean.lerp_(mean, 0.1)
                self.var.lerp_(h.var((0, 2, 3)), 0.1)
        h = (h - mean[:, None, None]) * torch.rsqrt(var + 1e-5)[:, None, None]
        code = self.eye[labels]
        h = h + h * (code @ self.scale)[..., None, None] + (code @ self.shift)[..., None, None]
        return F.conv_transpose2d(F.elu(h), self.up, stride=2, padding=1).clamp(-1, 1)


@right("cbn-generator")
class MlpFirst(nn.Module):
    """The label meets a hidden layer; maps with plain batch norm and dropout; pixels shuffled."""

    def __init__(self, latent_dim, num_classes, base_channels=32, image_shape=(1, 28, 28)):
        super().__init__()
        self.hidden = nn.Linear(latent_dim, 8 * base_channels, bias=False)
        self.norm = nn.BatchNorm1d(8 * base_channels, affine=False)
        self.scale = nn.Embedding(num_classes, 8 * base_channels, sparse=True)
        self.shift = nn.Embedding(num_classes, 8 * base_channels)
        nn.init.constant_(self.scale.weight, 1)
        nn.init.constant_(self.shift.weight, 0)
        start = base_channels, image_shape[1] // 4, image_shape[2] // 4
        self.layers = nn.Sequential(
            nn.LazyLinear(math.prod(start)),
            nn.Unflatten(1, start),
            nn.BatchNorm2d(base_channels),
            nn.GELU(),
            nn.Dropout2d(0.1),
            nn.LazyConv2d(16 * image_shape[0], 3, padding=1),
            nn.PixelShuffle(4),
        )

    def forward(self, z, labels):
        h = self.norm(self.hidden(z)).mul(self.scale(labels)).add(self.shift(labels))
        return 2 * self.layers(F.silu(h)).sigmoid() - 1


@right("cbn-generator")
class ZeroAtTheEnd(TransposedConvolutions):
    """The last layer may start at zero, and noise in train mode is the caller's choice."""

    Norm = FromAnEmbedding

    def __init__(self, *sizes):
        super().__init__(*sizes)
        nn.init.zeros_(self.pixels.weight)
        nn.init.zeros_(self.pixels.bias)

    def forward(self, z, labels):
        if self.training:
            z = z + 0.1 * torch.randn_like(z)
        return F.hardtanh(self.maps(z, labels))


@right("cbn-generator")
class SharedEmbeddingAndCrop(nn.Module):
    """BigGAN: one embedding for all layers; a map that is too large, and cut."""

    def __init__(self, latent_dim, num_classes, base_channels=32, image_shape=(1, 28, 28)):
        super().__init__()
        self.image_shape, c = image_shape, base_channels
        self.embedding = nn.Embedding(num_classes, 7)
        self.start = nn.Linear(latent_dim, 2 * c * 9)
        self.ups = nn.ModuleList(
            nn.ConvTranspose2d(*widths, 4, stride=2, padding=1)
            for widths in ((2 * c, c), (c, c), (c, c // 2), (c // 2, image_shape[0]))
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(up.in_channels, affine=False) for up in self.ups)
        self.gains = nn.ModuleList(nn.Linear(7, 2 * up.in_channels, bias=False) for up in self.ups)
        for gain in self.gains:
            nn.init.zeros_(gain.weight)

    def forward(self, z, labels):
        e, (_, height, width) = self.embedding(labels), self.image_shape
        h = self.start(z).view(len(z), -1, 3, 3)
        for up, norm, gain in zip(self.ups, self.norms, self.gains, strict=True):
            scale, shift = gain(e).view(len(z), 2, -1, 1, 1).unbind(1)
            h = up(F.mish((1 + scale) * norm(h) + shift))
        return torch.tanh(h[..., 8 : 8 + height, 8 : 8 + width])


@right("cbn-generator")
class TiedToZ(TransposedConvolutions):
    """BigGAN again: γ and β follow the label and z."""

    class Norm(nn.Module):
        def __init__(self, num_features, code_dim):
            super().__init__()
            self.norm = nn.BatchNorm2d(num_features, affine=False)
            self.gains = nn.Linear(code_dim, 2 * num_features)
            nn.init.zeros_(self.gains.weight)
            nn.init.zeros_(self.gains.bias)

        def forward(self, x, code):
            scale, shift = self.gains(code)[..., None, None].chunk(2, 1)
            return (1 + scale) * self.norm(x) + shift

    def __init__(self, latent_dim, num_classes, *others):
        super().__init__(latent_dim, latent_dim + 4, *others)
        self.embedding = nn.Embedding(num_classes, 4)

    def forward(self, z, labels):
        return super().forward(z, torch.cat([z, self.embedding(labels)], dim=1))

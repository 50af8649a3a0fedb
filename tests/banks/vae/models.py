"""Conditional VAEs, all of them right and each written differently: answers to every part."""

import math

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import parametrizations


class Mlp(nn.Module):
    def __init__(self, latent_dim=16, num_classes=10, hidden_dim=256, input_dim=784):
        super().__init__()
        self.latent_dim, self.num_classes = latent_dim, num_classes
        self.hidden = nn.Linear(input_dim + num_classes, hidden_dim)
        self.fc_mu = nn.Linear(hidden_dim, latent_dim)
        self.fc_logvar = nn.Linear(hidden_dim, latent_dim)
        self.from_z = nn.Linear(latent_dim + num_classes, hidden_dim)
        self.pixels = nn.Linear(hidden_dim, input_dim)

    def encode(self, x, labels_onehot):
        h = F.relu(self.hidden(torch.cat([x, labels_onehot], dim=1)))
        return self.fc_mu(h), self.fc_logvar(h)

    def reparameterize(self, mu, logvar):
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)

    def decode(self, z, labels_onehot):
        h = F.relu(self.from_z(torch.cat([z, labels_onehot], dim=1)))
        return torch.sigmoid(self.pixels(h))

    def forward(self, x, labels):
        codes = F.one_hot(labels, self.num_classes).float()
        mu, logvar = self.encode(x, codes)
        return self.decode(self.reparameterize(mu, logvar), codes), mu, logvar


class BatchNormAndDropout(nn.Module):
    """One head for mu and logvar; everything in Sequentials."""

    def __init__(self, latent_dim=16, num_classes=10, hidden_dim=256, input_dim=784):
        super().__init__()
        self.latent_dim, self.num_classes = latent_dim, num_classes

        def block(wide, narrow):
            linear = nn.Linear(wide, narrow)
            return linear, nn.BatchNorm1d(narrow), nn.LeakyReLU(0.2), nn.Dropout(0.2)

        self.encoder = nn.Sequential(
            *block(input_dim + num_classes, hidden_dim),
            *block(hidden_dim, hidden_dim // 2),
            nn.Linear(hidden_dim // 2, 2 * latent_dim),
        )
        self.decoder = nn.Sequential(
            *block(latent_dim + num_classes, hidden_dim // 2),
            *block(hidden_dim // 2, hidden_dim),
            nn.Linear(hidden_dim, input_dim),
            nn.Sigmoid(),
        )

    def encode(self, x, labels_onehot):
        return self.encoder(torch.hstack([labels_onehot, x])).chunk(2, dim=-1)

    def reparameterize(self, mu, logvar):
        return torch.distributions.Normal(mu, logvar.exp().sqrt()).rsample()

    def decode(self, z, labels_onehot):
        return self.decoder(torch.hstack([labels_onehot, z]))

    def forward(self, x, labels):
        codes = torch.eye(self.num_classes, device=labels.device)[labels]
        mu, logvar = self.encode(x, codes)
        z = self.reparameterize(mu, logvar)
        return self.decode(z, codes), mu, logvar


class Convolutional(nn.Module):
    """The code is a map beside the image; the image is as wide as high."""

    def __init__(self, latent_dim=16, num_classes=10, hidden_dim=256, input_dim=784):
        super().__init__()
        self.latent_dim, self.num_classes = latent_dim, num_classes
        side = math.isqrt(input_dim)
        self.label_map = nn.Linear(num_classes, input_dim)
        self.image = nn.Unflatten(1, (1, side, side))
        self.down = nn.Sequential(
            nn.Conv2d(2, 8, 4, 2, 1), nn.ReLU(), nn.Conv2d(8, 8, 4, 2, 1), nn.ReLU(), nn.Flatten()
        )
        width = 8 * (side // 4) ** 2
        self.mu, self.logvar = nn.Linear(width, latent_dim), nn.Linear(width, latent_dim)
        self.start = nn.Sequential(
            nn.Linear(latent_dim + num_classes, width), nn.Unflatten(1, (8, side // 4, side // 4))
        )
        self.up = nn.Sequential(
            nn.SiLU(),
            nn.ConvTranspose2d(8, 8, 4, 2, 1),
            nn.SiLU(),
            nn.ConvTranspose2d(8, 1, 4, 2, 1),
            nn.Flatten(),
        )

    def encode(self, x, labels_onehot):
        maps = [self.image(x), self.image(self.label_map(labels_onehot))]
        h = self.down(torch.cat(maps, dim=1))
        return self.mu(h), self.logvar(h)

    def reparameterize(self, mu, logvar):
        noise = torch.empty_like(mu).normal_()
        return torch.addcmul(mu, noise, (logvar / 2).exp())

    def decode(self, z, labels_onehot):
        return self.up(self.start(torch.cat([z, labels_onehot], dim=1))).sigmoid()

    def forward(self, x, labels):
        codes = F.one_hot(labels, self.num_classes).to(x.dtype)
        mu, logvar = self.encode(x, codes)
        return self.decode(self.reparameterize(mu, logvar), codes), mu, logvar


class Functional(nn.Module):
    """Parameters of its own, codes times matrices, in place; forward calls none of the methods."""

    def __init__(self, latent_dim=16, num_classes=10, hidden_dim=256, input_dim=784):
        super().__init__()
        self.latent_dim, self.num_classes = latent_dim, num_classes

        def matrix(rows, columns):
            return nn.Parameter(torch.randn(rows, columns) / rows**0.5)

        self.x_in, self.y_in = matrix(input_dim, hidden_dim), matrix(num_classes, hidden_dim)
        self.heads, self.head_bias = matrix(hidden_dim, 2 * latent_dim), matrix(1, 2 * latent_dim)
        self.z_out, self.y_out = matrix(latent_dim, hidden_dim), matrix(num_classes, hidden_dim)
        self.w, self.b = matrix(hidden_dim, input_dim), matrix(1, input_dim)

    def _codes(self, x, embedded):
        h = (x @ self.x_in).add_(embedded).tanh_()
        heads = torch.addmm(self.head_bias, h, self.heads)
        return heads[:, ::2], heads[:, 1::2]

    def _image(self, z, embedded):
        h = F.elu(z @ self.z_out + embedded)
        return (torch.tanh(h @ self.w + self.b) + 1) / 2

    def encode(self, x, labels_onehot):
        return self._codes(x, labels_onehot @ self.y_in)

    def reparameterize(self, mu, logvar):
        noise = torch.normal(0.0, 1.0, mu.shape, device=mu.device)
        return noise.mul(logvar.mul(0.5).exp()).add(mu)

    def decode(self, z, labels_onehot):
        return self._image(z, labels_onehot @ self.y_out)

    def forward(self, x, labels):
        mu, logvar = self._codes(x, self.y_in[labels])
        std = logvar.exp() ** 0.5
        z = std * torch.randn(std.shape, dtype=std.dtype, device=std.device) + mu
        return self._image(z, F.embedding(labels, self.y_out)), mu, logvar


class EmbeddingAndFilm(nn.Module):
    """The code's class is looked up in a table; the label scales and shifts."""

    def __init__(self, latent_dim=16, num_classes=10, hidden_dim=256, input_dim=784):
        super().__init__()
        self.latent_dim, self.num_classes = latent_dim, num_classes
        self.table = nn.Embedding(num_classes, 4 * hidden_dim)
        self.first = nn.Linear(input_dim, hidden_dim)
        self.heads = nn.ModuleDict({n: nn.Linear(hidden_dim, latent_dim) for n in ("mu", "var")})
        self.second = nn.Linear(latent_dim, hidden_dim)
        self.last = nn.Linear(hidden_dim, input_dim)

    def _film(self, h, labels, half):
        scale, shift = self.table(labels).chunk(2, dim=1)[half].chunk(2, dim=1)
        return F.silu(h * (1 + scale) + shift)

    def encode(self, x, labels_onehot):
        h = self._film(self.first(x), labels_onehot.argmax(dim=1), 0)
        return self.heads["mu"](h), self.heads["var"](h)

    @staticmethod
    def reparameterize(mu, logvar):
        return mu + torch.sqrt(torch.exp(logvar)) * torch.randn(mu.shape).to(mu)

    def decode(self, z, labels_onehot):
        h = self._film(self.second(z), labels_onehot.argmax(dim=1), 1)
        return F.logsigmoid(self.last(h)).exp()

    def forward(self, x, labels):
        codes = torch.zeros(len(labels), self.num_classes, device=x.device)
        codes.scatter_(1, labels[:, None], 1)
        mu, logvar = self.encode(x, codes)
        z = self.reparameterize(mu, logvar)
        return self.decode(z, codes), mu, logvar


class Normalized(nn.Module):
    """Spectral and weight norms, no biases in the heads, and a layer norm."""

    def __init__(self, latent_dim=16, num_classes=10, hidden_dim=256, input_dim=784):
        super().__init__()
        self.latent_dim, self.num_classes = latent_dim, num_classes
        spectral = parametrizations.spectral_norm
        self.hidden = spectral(nn.Linear(input_dim + num_classes, hidden_dim))
        self.norm = nn.LayerNorm(hidden_dim)
        self.heads = parametrizations.weight_norm(nn.Linear(hidden_dim, 2 * latent_dim, bias=False))
        self.from_z = spectral(nn.Linear(latent_dim + num_classes, hidden_dim))
        self.pixels = nn.utils.spectral_norm(nn.Linear(hidden_dim, input_dim))

    def encode(self, x, labels_onehot):
        h = self.norm(self.hidden(torch.cat([x, labels_onehot], dim=1)))
        mu, logvar = self.heads(F.gelu(h)).split(self.latent_dim, dim=1)
        return mu, logvar

    def reparameterize(self, mu, logvar):
        return torch.lerp(mu, mu + torch.randn_like(logvar), (logvar / 2).exp())

    def decode(self, z, labels_onehot):
        h = self.from_z(torch.cat([z, labels_onehot], dim=1))
        return self.pixels(F.leaky_relu(h)).sigmoid()

    def forward(self, x, labels):
        codes = (labels[:, None] == torch.arange(self.num_classes, device=labels.device)).float()
        mu, logvar = self.encode(x, codes)
        z = self.reparameterize(mu, logvar)
        return [self.decode(z, codes), mu, logvar]


class ZeroInitialized(Mlp):
    """Layers may start at zero: what they learn is what counts."""

    def __init__(self, *sizes, **named):
        super().__init__(*sizes, **named)
        for layer in (self.fc_mu, self.fc_logvar, self.pixels):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)


class NoRunningStatistics(Mlp):
    """Takes batch statistics in eval mode too: nothing is promised for one sample."""

    def __init__(self, latent_dim=16, num_classes=10, hidden_dim=256, input_dim=784):
        super().__init__(latent_dim, num_classes, hidden_dim, input_dim)
        self.norm = nn.BatchNorm1d(hidden_dim, track_running_stats=False)
        self.norm_out = nn.BatchNorm1d(hidden_dim, track_running_stats=False)

    def encode(self, x, labels_onehot):
        h = F.relu(self.norm(self.hidden(torch.cat([x, labels_onehot], dim=1))))
        return self.fc_mu(h), self.fc_logvar(h)

    def decode(self, z, labels_onehot):
        h = F.relu(self.norm_out(self.from_z(torch.cat([z, labels_onehot], dim=1))))
        return self.pixels(h).sigmoid()


class LazyLayers(Mlp):
    """Also: the label enters behind the hidden layer, and the pixels are clamped."""

    def __init__(self, latent_dim=16, num_classes=10, hidden_dim=256, input_dim=784):
        nn.Module.__init__(self)
        self.latent_dim, self.num_classes = latent_dim, num_classes
        self.hidden = nn.LazyLinear(hidden_dim)
        self.fc_mu, self.fc_logvar = nn.LazyLinear(latent_dim), nn.LazyLinear(latent_dim)
        self.mixed = nn.LazyLinear(hidden_dim)
        self.from_z = nn.LazyLinear(hidden_dim)
        self.pixels = nn.LazyLinear(input_dim)

    def encode(self, x, labels_onehot):
        h = torch.sin(self.hidden(x))
        h = F.mish(self.mixed(torch.cat([h, labels_onehot], dim=1)))
        return self.fc_mu(h), self.fc_logvar(h)

    def decode(self, z, labels_onehot):
        return (self.pixels(F.mish(self.from_z(torch.cat([z, labels_onehot], 1)))) + 0.5).clamp(
            0, 1
        )


class StandardDeviationInside(Mlp):
    """The head gives a standard deviation by softplus, of which the logarithm is returned."""

    def encode(self, x, labels_onehot):
        h = torch.tanh(self.hidden(torch.cat([x, labels_onehot], dim=1)))
        return self.fc_mu(h), 2 * torch.log(F.softplus(self.fc_logvar(h)))


MODELS = (
    Mlp,
    BatchNormAndDropout,
    Convolutional,
    Functional,
    EmbeddingAndFilm,
    Normalized,
    ZeroInitialized,
    NoRunningStatistics,
    LazyLayers,
    StandardDeviationInside,
)

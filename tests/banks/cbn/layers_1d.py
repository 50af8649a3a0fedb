"""Right answers to conditional-batchnorm-1d, and so to bug-hunt-cbn."""

import torch
import torch.nn.functional as F
from torch import nn


class Plain(nn.Module):
    """Each step is a method of its own, which the wrong answers below replace."""

    def __init__(self, num_features, num_classes, embedding_dim):
        super().__init__()
        self.bn = nn.BatchNorm1d(num_features, affine=False)
        self.embedding = nn.Embedding(num_classes, embedding_dim)
        self.gamma = nn.Linear(embedding_dim, num_features)
        self.beta = nn.Linear(embedding_dim, num_features)
        nn.init.zeros_(self.gamma.weight)
        nn.init.ones_(self.gamma.bias)
        nn.init.zeros_(self.beta.weight)
        nn.init.zeros_(self.beta.bias)

    def normalize(self, x):
        return self.bn(x)

    def scale_and_shift(self, labels):
        e = self.embedding(labels)
        return self.gamma(e), self.beta(e)

    def forward(self, x, labels):
        gamma, beta = self.scale_and_shift(labels)
        return gamma * self.normalize(x) + beta


class OnePlusGammaInOneLayer(nn.Module):
    def __init__(self, num_features, num_classes, embedding_dim):
        super().__init__()
        self.norm = nn.BatchNorm1d(num_features, affine=False)
        self.table = nn.Embedding(num_classes, embedding_dim)
        self.both = nn.Linear(embedding_dim, 2 * num_features, bias=False)
        self.both.weight.data.zero_()

    def forward(self, x, labels):
        shift, scale = self.both(self.table(labels)).chunk(2, dim=-1)
        return torch.addcmul(shift, self.norm(x), 1 + scale)


class OneHotTimesMatrix(nn.Module):
    """The table starts at zero, and the layers behind it at random."""

    def __init__(self, num_features, num_classes, embedding_dim):
        super().__init__()
        self.num_classes = num_classes
        self.bn = nn.BatchNorm1d(num_features, affine=False)
        self.table = nn.Parameter(torch.zeros(num_classes, embedding_dim))
        self.scale = nn.Parameter(torch.randn(embedding_dim, num_features))
        self.shift = nn.Parameter(torch.randn(embedding_dim, num_features))

    def forward(self, x, labels):
        e = F.one_hot(labels, self.num_classes).to(x.dtype) @ self.table
        out = self.bn(x)
        out = out + out * (e @ self.scale)
        out += e @ self.shift
        return out


class TwoEmbeddingsAndMlps(nn.Module):
    def __init__(self, num_features, num_classes, embedding_dim):
        super().__init__()
        self.bn = nn.BatchNorm1d(num_features, affine=False)

        def branch(start):
            last = nn.Linear(32, num_features)
            nn.init.zeros_(last.weight)
            nn.init.constant_(last.bias, start)
            table = nn.Embedding(num_classes, embedding_dim)
            return nn.Sequential(table, nn.Linear(embedding_dim, 32), nn.ReLU(), last)

        self.branches = nn.ModuleList([branch(1.0), branch(0.0)])

    def forward(self, x, labels):
        gamma, beta = (branch(labels) for branch in self.branches)
        return self.bn(x).mul(gamma).add(beta)


class LogScale(nn.Module):
    """γ = exp of a layer, which stays positive; its bias multiplies γ, and is no second affine."""

    def __init__(self, num_features, num_classes, embedding_dim):
        super().__init__()
        self.bn = nn.BatchNorm1d(num_features, affine=False)
        self.embedding = nn.Embedding(num_classes, embedding_dim, dtype=torch.float32)
        self.layers = nn.ModuleDict(
            {k: nn.Linear(embedding_dim, num_features) for k in ("log", "shift")}
        )
        for parameter in self.layers.parameters():
            nn.init.zeros_(parameter)

    def forward(self, x, labels):
        e = self.embedding.weight.index_select(0, labels)
        return self.layers["log"](e).exp() * self.bn(x) + self.layers["shift"](e)


class StatisticsByHand(nn.Module):
    def __init__(self, num_features, num_classes, embedding_dim):
        super().__init__()
        self.register_buffer("mean", torch.zeros(num_features))
        self.register_buffer("var", torch.ones(num_features))
        self.embedding = nn.Embedding(num_classes, 2 * embedding_dim)
        self.to_scale = nn.Linear(embedding_dim, num_features)
        self.to_shift = nn.Linear(embedding_dim, num_features)
        for layer in (self.to_scale, self.to_shift):
            nn.init.constant_(layer.weight, 0)
            nn.init.constant_(layer.bias, 0)

    def forward(self, x, labels):
        mean, var = self.mean, self.var
        if self.training:
            var, mean = torch.var_mean(x, dim=0, unbiased=False)
            with torch.no_grad():
                self.mean.lerp_(mean, 0.1)
                self.var.lerp_(var * len(x) / (len(x) - 1), 0.1)
        e_scale, e_shift = self.embedding(labels).chunk(2, dim=1)
        x_hat = (x - mean) * torch.rsqrt(var + 1e-5)
        return x_hat * (self.to_scale(e_scale) + 1) + self.to_shift(e_shift)


class AffineLeftUnused(nn.Module):
    """The layer has a weight and a bias of its own, frozen at 1 and 0."""

    def __init__(self, num_features, num_classes, embedding_dim):
        super().__init__()
        self.bn = nn.BatchNorm1d(num_features).requires_grad_(False)
        self.embedding = nn.Embedding(num_classes, embedding_dim)
        self.film = nn.Linear(embedding_dim, 2 * num_features)
        nn.init.zeros_(self.film.weight)
        with torch.no_grad():
            self.film.bias.copy_(torch.cat([torch.ones(num_features), torch.zeros(num_features)]))

    def forward(self, x, labels):
        gamma, beta = self.film(self.embedding(labels)).tensor_split(2, dim=1)
        return torch.lerp(beta, self.bn(x) + beta, gamma)


LAYERS = (
    Plain,
    OnePlusGammaInOneLayer,
    OneHotTimesMatrix,
    TwoEmbeddingsAndMlps,
    LogScale,
    StatisticsByHand,
    AffineLeftUnused,
)

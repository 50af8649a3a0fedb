"""Answers to exercise bug-hunt-cbn: the published layer, mended in part or in full."""

import torch
from torch import nn

from banks import right, wrong
from banks.cbn.layers_1d import LAYERS
from banks.cbn.variants import Variants

SLUG = "bug-hunt-cbn"


@wrong(SLUG, "(B, F) has become (B, B, F)")
class Published(nn.Module):
    """All three faults."""

    def __init__(self, num_features, num_classes, embedding_dim):
        super().__init__()
        self.bn = nn.BatchNorm1d(num_features)
        self.embedding = nn.Embedding(num_classes, embedding_dim)
        self.gamma = nn.Linear(embedding_dim, num_features)
        self.beta = nn.Linear(embedding_dim, num_features)
        nn.init.zeros_(self.gamma.weight)
        nn.init.zeros_(self.beta.weight)
        nn.init.zeros_(self.beta.bias)

    def scale_and_shift(self, labels):
        e = self.embedding(labels)
        return self.gamma(e).unsqueeze(1), self.beta(e).unsqueeze(1)

    def forward(self, x, labels):
        gamma, beta = self.scale_and_shift(labels)
        return gamma * self.bn(x) + beta


class Flat(Published):
    """Without the unsqueeze."""

    def scale_and_shift(self, labels):
        return tuple(table.squeeze(1) for table in super().scale_and_shift(labels))


class FlatFromOne(Flat):
    """And with γ = 1 at the start: the second affine is left."""

    def __init__(self, num_features, num_classes, embedding_dim):
        super().__init__(num_features, num_classes, embedding_dim)
        nn.init.ones_(self.gamma.bias)


# right


@right(SLUG)
class Mended(FlatFromOne):
    def __init__(self, num_features, num_classes, embedding_dim):
        super().__init__(num_features, num_classes, embedding_dim)
        self.bn = nn.BatchNorm1d(num_features, affine=False)


@right(SLUG)
class OnePlusGamma(Mended):
    def __init__(self, num_features, num_classes, embedding_dim):
        super().__init__(num_features, num_classes, embedding_dim)
        nn.init.zeros_(self.gamma.bias)

    def scale_and_shift(self, labels):
        gamma, beta = super().scale_and_shift(labels)
        return 1 + gamma, beta


@right(SLUG)
class UnsqueezedOnBothSides(Mended):
    """The dimension stays, and x gets it too."""

    def forward(self, x, labels):
        e = self.embedding(labels).unsqueeze(1)
        return (self.gamma(e) * self.bn(x).unsqueeze(1) + self.beta(e)).squeeze(1)


@right(SLUG)
class AffineFrozen(FlatFromOne):
    def __init__(self, num_features, num_classes, embedding_dim):
        super().__init__(num_features, num_classes, embedding_dim)
        self.bn.requires_grad_(False)


for layer in LAYERS:
    right(SLUG)(layer)

# wrong: some faults are left

zero, near, affine = "Nothing is left of the input", "γ starts near 0 at random", "A second affine"
unsqueezed = "an unsqueeze makes γ or β (B, 1, F)"

wrong(SLUG, near)(Flat)
wrong(SLUG, affine)(FlatFromOne)


@wrong(SLUG, unsqueezed)
class OnlyTheUnsqueezeLeft(Mended):
    def scale_and_shift(self, labels):
        return tuple(table.unsqueeze(1) for table in super().scale_and_shift(labels))


@wrong(SLUG, near)
class OnlyTheBiasLeft(Flat):
    def __init__(self, num_features, num_classes, embedding_dim):
        super().__init__(num_features, num_classes, embedding_dim)
        self.bn = nn.BatchNorm1d(num_features, affine=False)


@wrong(SLUG, unsqueezed)
class OnlyTheAffineMended(Published):
    def __init__(self, num_features, num_classes, embedding_dim):
        super().__init__(num_features, num_classes, embedding_dim)
        self.bn = nn.BatchNorm1d(num_features, affine=False)


@wrong(SLUG, unsqueezed)
class OnlyTheBiasMended(Published):
    def __init__(self, num_features, num_classes, embedding_dim):
        super().__init__(num_features, num_classes, embedding_dim)
        nn.init.ones_(self.gamma.bias)


# wrong: mended in a wrong way


@wrong(SLUG, "not attempted")
class Stub(nn.Module):
    def __init__(self, num_features, num_classes, embedding_dim):
        raise NotImplementedError


class Crossed(Mended):
    """Keeps the broadcast, and picks something out of it."""

    def crossed(self, x, labels):
        gamma, beta = self.scale_and_shift(labels)
        return gamma[:, None] * self.bn(x) + beta[:, None]


@wrong(SLUG, "All samples give the same output")
class FirstColumnOfTheCross(Crossed):
    def forward(self, x, labels):
        return self.crossed(x, labels)[:, 0]


@wrong(SLUG, "label of its first sample")
class FirstRowOfTheCross(Crossed):
    def forward(self, x, labels):
        return self.crossed(x, labels)[0]


@wrong(SLUG, "is averaged away")
class MeanOverTheCross(Crossed):
    def forward(self, x, labels):
        return self.crossed(x, labels).mean(1)


@wrong(SLUG, "The labels of the batch are averaged")
class OtherMeanOverTheCross(Crossed):
    def forward(self, x, labels):
        return self.crossed(x, labels).mean(0)


vary = Variants(SLUG, Mended)


def ones_in_the_weight(layer, *_):
    nn.init.ones_(layer.gamma.weight)
    nn.init.zeros_(layer.gamma.bias)


def all_zeros(layer, *_):
    nn.init.zeros_(layer.embedding.weight)


def small_weight(layer, *_):
    nn.init.normal_(layer.gamma.weight, 0, 0.02)


def zero_start(layer, *_):
    nn.init.zeros_(layer.gamma.bias)


def zeros_in_the_affine(layer, num_features, *_):
    layer.bn = nn.BatchNorm1d(num_features)
    nn.init.zeros_(layer.bn.weight)


vary.started("OnesInTheWeight", "at random", ones_in_the_weight)
vary.started("SmallWeight", "γ starts at random", small_weight)
vary.started("ZeroStart", zero, zero_start)
vary.started("BetaLeft", "β at random", lambda layer, *_: layer.beta.reset_parameters())
vary.started("EmbeddingAtZero", "Training moves γ alike for each label", all_zeros)
vary.started("ZerosInTheAffine", zero, zeros_in_the_affine)
vary.tables("OneAddedTwice", "γ starts at 2", lambda gamma, beta: (1 + gamma, beta))
extra = "One dimension too many"
vary.tables("OtherUnsqueeze", extra, lambda gamma, beta: (gamma.unsqueeze(0), beta))
still = "Training does not move γ"
vary.tables("GammaFixed", still, lambda gamma, beta: (torch.ones_like(beta), beta))
batch = "the batch's own mean and variance"
vary.normalized("NoStatistics", batch, nn.BatchNorm1d, track_running_stats=False)
vary.normalized("LargeEps", "The eps is not the default one", nn.BatchNorm1d, eps=1e-3)

"""Answers to exercise conditional-batchnorm-1d."""

import torch
import torch.nn.functional as F
from torch import nn

from banks import right, wrong
from banks.cbn.layers_1d import LAYERS, Plain
from banks.cbn.variants import Variants

SLUG = "conditional-batchnorm-1d"
vary = Variants(SLUG, Plain)

for layer in LAYERS:
    right(SLUG)(layer)

# wrong


@wrong(SLUG, "not attempted")
class Stub(nn.Module):
    def __init__(self, num_features, num_classes, embedding_dim):
        raise NotImplementedError


@wrong(SLUG, "of two layers in a row only one may start at zero")
class AllZeros(Plain):
    def __init__(self, num_features, num_classes, embedding_dim):
        super().__init__(num_features, num_classes, embedding_dim)
        nn.init.zeros_(self.embedding.weight)
        self.gamma = nn.Linear(embedding_dim, num_features, bias=False)
        self.beta = nn.Linear(embedding_dim, num_features, bias=False)
        nn.init.zeros_(self.gamma.weight)
        nn.init.zeros_(self.beta.weight)

    def scale_and_shift(self, labels):
        gamma, beta = super().scale_and_shift(labels)
        return 1 + gamma, beta


@wrong(SLUG, "γ grows evenly from label to label")
class LabelAsANumber(Plain):
    def __init__(self, num_features, num_classes, embedding_dim):
        super().__init__(num_features, num_classes, embedding_dim)
        self.embedding = nn.Linear(1, embedding_dim)

    def scale_and_shift(self, labels):
        return super().scale_and_shift(labels.float().unsqueeze(1))


@wrong(SLUG, "It has no parameters")
class TensorsOnSelf(nn.Module):
    def __init__(self, num_features, num_classes, embedding_dim):
        super().__init__()
        self.bn = nn.BatchNorm1d(num_features, affine=False)
        self.gamma = torch.ones(num_classes, num_features)
        self.beta = torch.zeros(num_classes, num_features)

    def forward(self, x, labels):
        return self.gamma[labels] * self.bn(x) + self.beta[labels]


@wrong(SLUG, "embedding_dim has no part in the output")
class TableOfFeatures(Plain):
    """γ and β come straight from tables; the embedding is there, and not used."""

    def __init__(self, num_features, num_classes, embedding_dim):
        super().__init__(num_features, num_classes, embedding_dim)
        self.gamma = nn.Embedding.from_pretrained(torch.ones(num_classes, num_features))
        self.beta = nn.Embedding.from_pretrained(torch.zeros(num_classes, num_features))
        self.requires_grad_()

    def scale_and_shift(self, labels):
        return self.gamma(labels), self.beta(labels)


@wrong(SLUG, "embedding_dim has no part in the output")
class NoEmbeddingSize(Plain):
    def __init__(self, num_features, num_classes, embedding_dim):
        super().__init__(num_features, num_classes, embedding_dim=16)


@wrong(SLUG, "There are num_classes labels")
class TenClasses(Plain):
    def __init__(self, num_features, num_classes, embedding_dim):
        super().__init__(num_features, 10, embedding_dim)


@wrong(SLUG, "The running statistics move with the first batch only")
class FirstBatchOnly(Plain):
    def normalize(self, x):
        out = self.bn(x)
        if self.training:
            self.bn.momentum = 0.0
        return out


@wrong(SLUG, "In train mode x is normalized with the running mean")
class BatchStatisticsWithGradientsOnly(Plain):
    def normalize(self, x):
        if self.training and not torch.is_grad_enabled():
            self.bn(x)
            return self.bn.eval()(x)
        return self.bn.train(self.training)(x)


@wrong(SLUG, "In train mode the output is not (x - mean)")
class NoRoot(Plain):
    def normalize(self, x):
        out = self.bn(x)
        return (x - x.mean(0)) / (x.var(0, unbiased=False) + 1e-5) if self.training else out


@wrong(SLUG, "The eps belongs inside the root")
class EpsOutside(Plain):
    def normalize(self, x):
        out = self.bn(x)
        return (x - x.mean(0)) / (x.std(0, unbiased=False) + 1e-5) if self.training else out


@wrong(SLUG, "detached, a mean or a variance say")
class StatisticsDetached(Plain):
    def normalize(self, x):
        self.bn(x)
        if not self.training:
            return self.bn(x)
        var, mean = torch.var_mean(x.detach(), 0, unbiased=False)
        return (x - mean) / (var + 1e-5).sqrt()


@wrong(SLUG, "here normalization comes last")
class NormalizedLast(Plain):
    def forward(self, x, labels):
        gamma, beta = self.scale_and_shift(labels)
        return self.bn(gamma * x + beta)


@wrong(SLUG, "not registered")
class RunningMeanNotRegistered(Plain):
    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.hidden = [self.bn]
        del self.bn

    def normalize(self, x):
        return self.hidden[0].train(self.training)(x)


zero = "Nothing is left of the input"
vary.started("GammaAtZero", zero, lambda self, *_: nn.init.zeros_(self.gamma.bias))
near_zero = "γ starts near 0 at random"
vary.started("ScaledDown", near_zero, lambda self, *_: nn.init.normal_(self.gamma.bias, 0, 0.02))
at_random = "γ starts at random"
vary.started(
    "WeightAsItComes", at_random, lambda self, *_: nn.init.normal_(self.gamma.weight, 0, 0.1)
)
vary.started("BetaAsItComes", "β at random", lambda self, *_: self.beta.reset_parameters())
alike = "Training moves γ alike for each label"
vary.started("ZerosAndBiases", alike, lambda self, *_: nn.init.zeros_(self.embedding.weight))

vary.tables("OneAddedTwice", "γ starts at 2", lambda gamma, beta: (1 + gamma, beta))
vary.tables("Swapped", "γ and β are swapped", lambda gamma, beta: (beta, gamma))
same = "γ and β are made of the same numbers"
vary.tables("OneLayerForBoth", same, lambda gamma, beta: (gamma, gamma - 1))
vary.tables("GammaDetached", "Training does not move γ", lambda gamma, beta: (gamma.detach(), beta))
paired = "(B, F) has become (B, B, F)"
vary.tables("Unsqueezed", paired, lambda gamma, beta: (gamma.unsqueeze(1), beta.unsqueeze(1)))
vary.tables("OnlyGammaUnsqueezed", paired, lambda gamma, beta: (gamma.unsqueeze(1), beta))
averaged = "The labels of the batch are averaged"
vary.tables("Averaged", averaged, lambda gamma, beta: (gamma.mean(0), beta.mean(0)))
vary.tables("OneGamma", "γ is one number per label", lambda gamma, beta: (gamma[:, :1], beta))
on_cpu = "With its inputs on a GPU"
vary.tables("OnesOnTheCpu", on_cpu, lambda gamma, beta: (gamma * torch.ones(gamma.shape), beta))

vary.conditioned("LabelOfTheFirst", "label of its first sample", lambda y: y[:1].expand_as(y))
vary.conditioned("LabelsSorted", "look for a sort or a flip", lambda y: y.sort().values)
vary.conditioned("LabelIgnored", "The label changes nothing", torch.zeros_like)
vary.conditioned("LastClassLost", "labels 2 and 3 give the same γ and β", lambda y: y.clamp(max=2))

in_training = "In eval mode γ and β are not those of train mode"


def scale_in_training(layer, labels):
    gamma, beta = Plain.scale_and_shift(layer, labels)
    return gamma if layer.training else gamma.clamp(0.9, 1.1), beta


vary.replaced("ClampedInEvalMode", in_training, scale_and_shift=scale_in_training)
vary.replaced(
    "OnlyNormalized", "The label changes nothing", forward=lambda layer, x, labels: layer.bn(x)
)

vary.normalized("AffineOfItsOwn", "A second affine", nn.BatchNorm1d, affine=True)
vary.normalized("LargeEps", "The eps is not the default one", nn.BatchNorm1d, eps=1e-3)
vary.normalized(
    "KerasMomentum", "The momentum is the wrong way round", nn.BatchNorm1d, momentum=0.9
)
vary.normalized(
    "NoStatistics", "the batch's own mean and variance", nn.BatchNorm1d, track_running_stats=False
)

raw = "comes out as it went in"
vary.replaced("NotNormalized", raw, normalize=lambda self, x: x)
layer = "by itself, as in layer normalization"
vary.replaced("LayerNorm", layer, normalize=lambda self, x: F.layer_norm(x, x.shape[1:]))
vary.replaced("NoReturn", "forget a return", forward=lambda self, x, labels: None)


@wrong(SLUG, "A second affine")
class ShiftInFront(Plain):
    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.shift = nn.Parameter(torch.zeros(sizes[0]))

    def normalize(self, x):
        return self.bn(x) + self.shift


@wrong(SLUG, "A second affine")
class ScaleBehind(Plain):
    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.scale = nn.Parameter(torch.ones(1, sizes[0]))

    def forward(self, x, labels):
        return super().forward(x, labels) * self.scale


@wrong(SLUG, "Each class is normalized with statistics of its own")
class OneNormPerClass(Plain):
    def __init__(self, num_features, num_classes, embedding_dim):
        super().__init__(num_features, num_classes, embedding_dim)
        norms = (nn.BatchNorm1d(num_features, affine=False) for _ in range(num_classes))
        self.norms = nn.ModuleList(norms)

    def forward(self, x, labels):
        gamma, beta = self.scale_and_shift(labels)
        out = torch.zeros_like(x)
        for c in labels.unique().tolist():
            out[labels == c] = self.norms[c](x[labels == c])
        return gamma * out + beta


@wrong(SLUG, "biased variance (unbiased=False)")
class UnbiasedInTraining(Plain):
    def normalize(self, x):
        running = self.bn(x)
        return (x - x.mean(0)) / (x.var(0) + 1e-5).sqrt() if self.training else running


@wrong(SLUG, "γ is the same for each label")
class GammaOfAllClasses(Plain):
    def scale_and_shift(self, labels):
        _, beta = super().scale_and_shift(labels)
        return self.gamma.bias, beta


@wrong(SLUG, "look for an activation")
class ActivationAtTheEnd(Plain):
    def forward(self, x, labels):
        return F.leaky_relu(super().forward(x, labels) + 2) - 2


@wrong(SLUG, "It changes a tensor")
class InPlace(Plain):
    def forward(self, x, labels):
        out = super().forward(x, labels)
        x -= x.mean(0)
        return out


@wrong(SLUG, "It prints")
class Prints(Plain):
    def forward(self, x, labels):
        print(x.shape)
        return super().forward(x, labels)

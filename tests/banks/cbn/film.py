"""Answers to exercise film."""

import torch
import torch.nn.functional as F
from torch import nn

from banks import right, wrong
from banks.cbn.variants import Variants

SLUG = "film"

# right


@right(SLUG)
class TwoLayers(nn.Module):
    """Each step is a method of its own, which the wrong answers below replace."""

    def __init__(self, num_features, condition_dim):
        super().__init__()
        self.gamma = nn.Linear(condition_dim, num_features)
        self.beta = nn.Linear(condition_dim, num_features)
        nn.init.zeros_(self.gamma.weight)
        nn.init.ones_(self.gamma.bias)
        nn.init.zeros_(self.beta.weight)
        nn.init.zeros_(self.beta.bias)

    def scale_and_shift(self, condition):
        return self.gamma(condition)[:, :, None, None], self.beta(condition)[:, :, None, None]

    def forward(self, h, condition):
        gamma, beta = self.scale_and_shift(condition)
        return gamma * h + beta


@right(SLUG)
class OneLayerInHalves(nn.Module):
    def __init__(self, num_features, condition_dim):
        super().__init__()
        self.film = nn.Linear(condition_dim, 2 * num_features)
        for parameter in self.film.parameters():
            nn.init.zeros_(parameter)

    def forward(self, h, condition):
        scale, shift = self.film(condition).chunk(2, dim=1)
        return (1 + scale[..., None, None]) * h + shift[..., None, None]


@right(SLUG)
class MlpWithLastLayerAtZero(nn.Module):
    def __init__(self, num_features, condition_dim):
        super().__init__()
        self.shape = (2, num_features, 1, 1)
        self.net = nn.Sequential(
            nn.Linear(condition_dim, 64), nn.ReLU(), nn.Linear(64, 2 * num_features)
        )
        self.net[-1].weight.data.zero_()
        self.net[-1].bias.data.zero_()

    def forward(self, h, condition):
        scale, shift = self.net(condition).view(-1, *self.shape).unbind(1)
        return torch.addcmul(h + shift, h, scale)


@right(SLUG)
class WithoutBias(nn.Module):
    """γ = 1 + W c: a matrix alone, and the layers in an einsum."""

    def __init__(self, num_features, condition_dim):
        super().__init__()
        self.w = nn.Parameter(torch.zeros(2, num_features, condition_dim))

    def forward(self, h, condition):
        scale, shift = torch.einsum("tfd,bd->tbf", self.w, condition)
        out = h.permute(2, 3, 0, 1)
        return (out + out * scale + shift).permute(2, 3, 0, 1)


@right(SLUG)
class Convolutions(nn.Module):
    def __init__(self, num_features, condition_dim):
        super().__init__()
        self.scale = nn.Conv2d(condition_dim, num_features, 1)
        self.shift = nn.Conv2d(condition_dim, num_features, 1)
        nn.init.constant_(self.scale.bias, 1.0)
        for parameter in (self.scale.weight, self.shift.weight, self.shift.bias):
            nn.init.constant_(parameter, 0.0)

    def forward(self, h, condition):
        c = condition[:, :, None, None]
        return h.mul(self.scale(c)).add(self.shift(c))


@right(SLUG)
class LogScaleAndNormalizedCondition(nn.Module):
    def __init__(self, num_features, condition_dim):
        super().__init__()
        self.trunk = nn.Sequential(
            nn.LayerNorm(condition_dim), nn.Linear(condition_dim, 32), nn.Tanh()
        )
        self.heads = nn.ModuleList(nn.Linear(32, num_features) for _ in range(2))
        for parameter in self.heads.parameters():
            nn.init.zeros_(parameter)

    def forward(self, h, condition):
        flat = h.flatten(2)
        log_scale, shift = (head(self.trunk(condition)).unsqueeze(-1) for head in self.heads)
        return (flat * log_scale.exp() + shift).view_as(h)


@right(SLUG)
class OneSampleAtATime(TwoLayers):
    def forward(self, h, condition):
        rows = [
            super(OneSampleAtATime, self).forward(*pair)
            for pair in zip(h.split(1), condition.split(1), strict=True)
        ]
        return torch.cat(rows)


# wrong
@wrong(SLUG, "not attempted")
class Stub(nn.Module):
    def __init__(self, num_features, condition_dim):
        raise NotImplementedError


vary = Variants(SLUG, TwoLayers)


def as_it_comes(layer, num_features, condition_dim):
    layer.gamma = nn.Linear(condition_dim, num_features)
    nn.init.normal_(layer.gamma.weight, 0, 0.02)


def only_the_bias(layer, *_):
    nn.init.normal_(layer.gamma.weight, 0, 0.1)


vary.started("LayersAsTheyCome", "γ starts near 0 at random", as_it_comes)
vary.started("OnlyTheBiasFilled", "γ starts at random", only_the_bias)
vary.started("BetaAsItComes", "β at random", lambda layer, *_: layer.beta.reset_parameters())
zero = "Nothing is left of the input"
vary.started("GammaAtZero", zero, lambda layer, *_: nn.init.zeros_(layer.gamma.bias))
fixed = "Training does not move β"
vary.started("BetaIsFixed", fixed, lambda layer, *_: layer.beta.requires_grad_(False))

vary.tables("OneAddedTwice", "γ starts at 2", lambda gamma, beta: (1 + gamma, beta))
vary.tables("Swapped", "γ and β are swapped", lambda gamma, beta: (beta, gamma))
same = "γ and β are made of the same numbers"
vary.tables("OneLayerForBoth", same, lambda gamma, beta: (gamma, gamma - 1))
two_more = "give them two more dimensions"
vary.tables("WithoutDimensions", two_more, lambda gamma, beta: (gamma[..., 0, 0], beta[..., 0, 0]))
vary.tables("ChannelsLast", two_more, lambda gamma, beta: (gamma.transpose(1, 3), beta))
paired = "Each sample is paired with each condition"
vary.tables("OneDimensionTooMany", paired, lambda gamma, beta: (gamma[:, None], beta[:, None]))
averaged = "The conditions of the batch are averaged"
vary.tables("Averaged", averaged, lambda gamma, beta: (gamma.mean(0), beta.mean(0)))
one = "γ is one number per condition"
vary.tables("OneGamma", one, lambda gamma, beta: (gamma.mean(1, keepdim=True), beta))
columns = "on the input or on the position"
vary.tables("GammaPerColumn", columns, lambda gamma, beta: (gamma ** torch.arange(1, 4), beta))
vary.tables("GammaDetached", "Training does not move γ", lambda g, beta: (g.detach(), beta))
vary.tables("OnlyBeta", "γ is the same for each condition", lambda g, beta: (g[:1] * 0 + 1, beta))
vary.tables("OnlyGamma", "β is the same for each condition", lambda g, beta: (g, beta[:1] * 0))
vary.tables("OnTheCpu", "With its inputs on a GPU", lambda g, b: (g * torch.ones(g.shape), b))

plain, detached = TwoLayers.forward, "No gradient reaches the input"
vary.replaced("InputDetached", detached, forward=lambda layer, h, c: plain(layer, h.detach(), c))
gone = "With one sample a dimension is gone"
vary.replaced("Squeezed", gone, forward=lambda layer, h, c: plain(layer, h, c).squeeze())

first = "The whole batch gets the condition of its first sample"
vary.conditioned("ConditionOfTheFirst", first, lambda c: c[:1].expand_as(c))
vary.conditioned("Ignored", "The condition changes nothing", torch.zeros_like)
vary.conditioned("Reversed", "look for a sort or a flip", lambda c: c.flip(0))
vary.conditioned("SoftmaxOverTheBatch", "the rows are mixed", lambda c: c.softmax(0))
vary.conditioned("DropoutInEvalMode", "draw nothing at random", lambda c: F.dropout(c, 0.5))
part = "Only a part of the condition's numbers"
vary.conditioned("FirstNumberOnly", part, lambda c: c[:, :1].expand_as(c))
vary.conditioned("ConditionDetached", "No gradient reaches the condition", lambda c: c.detach())
alone = "a sample alone gives another result"
vary.conditioned("IgnoredForOneSample", alone, lambda c: c if len(c) > 1 else 0 * c)


@wrong(SLUG, "h is batch-normalized")
class BatchNormInFront(TwoLayers):
    def __init__(self, num_features, condition_dim):
        super().__init__(num_features, condition_dim)
        self.bn = nn.BatchNorm2d(num_features, affine=False)

    def forward(self, h, condition):
        return super().forward(self.bn(h), condition)


@wrong(SLUG, "they depend on the input")
class GammaFollowsTheInput(TwoLayers):
    def forward(self, h, condition):
        gamma, beta = self.scale_and_shift(condition)
        return h + (gamma - 1) * torch.sigmoid(h.mean((2, 3), keepdim=True)) * h + beta


@wrong(SLUG, "h is normalized per sample and channel")
class InstanceNormInFront(TwoLayers):
    def forward(self, h, condition):
        return super().forward(F.instance_norm(h), condition)


@wrong(SLUG, "look for an activation")
class ActivationAtTheEnd(TwoLayers):
    def forward(self, h, condition):
        return F.relu(super().forward(h, condition) + 3) - 3


@wrong(SLUG, "of two layers in a row only one may start at zero")
class MlpAllZeros(nn.Module):
    bias = False

    def __init__(self, num_features, condition_dim):
        super().__init__()
        self.first = nn.Linear(condition_dim, 32, bias=self.bias)
        self.second = nn.Linear(32, 2 * num_features, bias=self.bias)
        for parameter in self.parameters():
            nn.init.zeros_(parameter)

    def forward(self, h, condition):
        film = self.second(self.first(condition).tanh())[:, :, None, None]
        scale, shift = film.chunk(2, dim=1)
        return (1 + scale) * h + shift


@wrong(SLUG, "Training moves γ alike for each condition")
class MlpAllZerosWithBiases(MlpAllZeros):
    bias = True


@wrong(SLUG, "The condition changes nothing")
class GammaWithoutCondition(nn.Module):
    def __init__(self, num_features, condition_dim):
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(1, num_features, 1, 1))
        self.beta = nn.Parameter(torch.zeros(1, num_features, 1, 1))

    def forward(self, h, condition):
        return self.gamma * h + self.beta


@wrong(SLUG, "The condition is a vector of floats, not a label")
class EmbeddingOfTheCondition(TwoLayers):
    def __init__(self, num_features, condition_dim):
        super().__init__(num_features, condition_dim)
        self.gamma = nn.Embedding(condition_dim, num_features)


@wrong(SLUG, "A plain list hides layers")
class LayersInAList(TwoLayers):
    def __init__(self, num_features, condition_dim):
        super().__init__(num_features, condition_dim)
        self.more = [nn.Linear(condition_dim, condition_dim)]

    def forward(self, h, condition):
        return super().forward(h, self.more[0](condition))


@wrong(SLUG, "This is γ or β alone")
class OnlyTheTables(TwoLayers):
    def forward(self, h, condition):
        gamma, beta = self.scale_and_shift(condition)
        return gamma + beta


@wrong(SLUG, "It changes a tensor")
class InPlace(TwoLayers):
    def forward(self, h, condition):
        gamma, beta = self.scale_and_shift(condition)
        return h.mul_(gamma).add_(beta)


@wrong(SLUG, "Expected more than 1 value per channel")
class BatchNormOfTheCondition(TwoLayers):
    def __init__(self, num_features, condition_dim):
        super().__init__(num_features, condition_dim)
        self.bn = nn.BatchNorm1d(condition_dim)

    def forward(self, h, condition):
        return super().forward(h, self.bn(condition))


@wrong(SLUG, "or γ and β depend on the input")
class ConditionShiftedByTheInput(TwoLayers):
    def forward(self, h, condition):
        return super().forward(h, condition + h.mean())


@wrong(SLUG, "In eval mode γ and β are not those of train mode")
class GammaOnlyInTraining(TwoLayers):
    def scale_and_shift(self, condition):
        gamma, beta = super().scale_and_shift(condition)
        return gamma if self.training else torch.ones_like(gamma), beta

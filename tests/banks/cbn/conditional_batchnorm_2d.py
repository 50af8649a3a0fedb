"""Answers to exercise conditional-batchnorm-2d."""

import torch
import torch.nn.functional as F
from torch import nn

from banks import right, wrong
from banks.cbn.variants import Variants

SLUG = "conditional-batchnorm-2d"

# right


@right(SLUG)
class Plain(nn.Module):
    """Each step is a method of its own, which the wrong answers below replace."""

    def __init__(self, num_features, num_classes):
        super().__init__()
        self.bn = nn.BatchNorm2d(num_features, affine=False)
        self.gamma = nn.Embedding(num_classes, num_features)
        self.beta = nn.Embedding(num_classes, num_features)
        nn.init.ones_(self.gamma.weight)
        nn.init.zeros_(self.beta.weight)

    def normalize(self, x):
        return self.bn(x)

    def scale_and_shift(self, labels):
        return self.gamma(labels)[:, :, None, None], self.beta(labels)[:, :, None, None]

    def forward(self, x, labels):
        gamma, beta = self.scale_and_shift(labels)
        return gamma * self.normalize(x) + beta


@right(SLUG)
class OneEmbeddingInHalves(nn.Module):
    def __init__(self, num_features, num_classes):
        super().__init__()
        self.num_features = num_features
        self.bn = nn.BatchNorm2d(num_features, affine=False)
        self.embed = nn.Embedding(num_classes, num_features * 2)
        self.embed.weight.data[:, :num_features].fill_(1)
        self.embed.weight.data[:, num_features:].zero_()

    def forward(self, x, y):
        gamma, beta = self.embed(y).chunk(2, 1)
        shape = -1, self.num_features, 1, 1
        return gamma.view(*shape) * self.bn(x) + beta.view(*shape)


@right(SLUG)
class OneHotTimesParameter(nn.Module):
    def __init__(self, num_features, num_classes):
        super().__init__()
        self.bn = nn.BatchNorm2d(num_features, affine=False)
        self.tables = nn.Parameter(torch.zeros(2, num_classes, num_features))

    def forward(self, x, labels):
        codes = F.one_hot(labels, self.tables.shape[1]).to(x.dtype)
        scale, shift = torch.einsum("bc,tcf->tbf", codes, self.tables)
        out = self.bn(x)
        out = out * scale[..., None, None].add(1)
        out += shift[..., None, None]
        return out


@right(SLUG)
class LinearWithoutBias(nn.Module):
    def __init__(self, num_features, num_classes):
        super().__init__()
        self.num_classes = num_classes
        self.norm = nn.BatchNorm2d(num_features, affine=False)
        self.scale = nn.Linear(num_classes, num_features, bias=False)
        self.shift = nn.Linear(num_classes, num_features, bias=False)
        nn.init.ones_(self.scale.weight)
        nn.init.zeros_(self.shift.weight)

    def forward(self, x, labels):
        codes = torch.eye(self.num_classes, device=x.device)[labels]
        last = self.norm(x).permute(2, 3, 0, 1)
        return (last * self.scale(codes) + self.shift(codes)).permute(2, 3, 0, 1)


@right(SLUG)
class LinearWithBias(LinearWithoutBias):
    """γ of class c = W[:, c] + b, which reaches every table too."""

    def __init__(self, num_features, num_classes):
        super().__init__(num_features, num_classes)
        self.scale = nn.Linear(num_classes, num_features)
        self.shift = nn.Linear(num_classes, num_features)
        for parameter in (self.scale.weight, self.shift.weight, self.shift.bias):
            nn.init.zeros_(parameter)
        nn.init.ones_(self.scale.bias)


@right(SLUG)
class ListOfRows(nn.Module):
    def __init__(self, num_features, num_classes):
        super().__init__()
        self.bn = nn.BatchNorm2d(num_features, affine=False)
        self.gammas = nn.ParameterList(torch.ones(num_features) for _ in range(num_classes))
        self.betas = nn.ParameterList(torch.zeros(num_features) for _ in range(num_classes))

    def forward(self, x, labels):
        out = self.bn(x)
        rows = [
            out[i] * self.gammas[c].view(-1, 1, 1) + self.betas[c].view(-1, 1, 1)
            for i, c in enumerate(labels.tolist())
        ]
        return torch.stack(rows)


@right(SLUG)
class StatisticsByHand(nn.Module):
    def __init__(self, num_features, num_classes):
        super().__init__()
        self.register_buffer("running_mean", torch.zeros(1, num_features, 1, 1))
        self.register_buffer("running_var", torch.ones(1, num_features, 1, 1))
        self.log_gamma = nn.Parameter(torch.zeros(num_classes, num_features, 1, 1))
        self.beta = nn.Parameter(torch.zeros(num_classes, num_features, 1, 1))

    def forward(self, x, labels):
        if self.training:
            mean = x.mean((0, 2, 3), keepdim=True)
            var = (x - mean).pow(2).mean((0, 2, 3), keepdim=True)
            n = x.numel() / x.shape[1]
            self.running_mean = 0.9 * self.running_mean + 0.1 * mean.detach()
            self.running_var = 0.9 * self.running_var + 0.1 * var.detach() * n / (n - 1)
        else:
            mean, var = self.running_mean, self.running_var
        return (x - mean) / (var + 1e-5) ** 0.5 * self.log_gamma[labels].exp() + self.beta[labels]


# wrong


@wrong(SLUG, "not attempted")
class Stub(nn.Module):
    def __init__(self, num_features, num_classes):
        raise NotImplementedError


@wrong(SLUG, "A step on class 0 changes other classes")
class ThroughAnEmbedding(Plain):
    def __init__(self, num_features, num_classes):
        super().__init__(num_features, num_classes)
        self.embedding = nn.Embedding(num_classes, 8)
        self.gamma, self.beta = nn.Linear(8, num_features), nn.Linear(8, num_features)
        for layer, start in ((self.gamma, 1.0), (self.beta, 0.0)):
            nn.init.zeros_(layer.weight)
            nn.init.constant_(layer.bias, start)

    def scale_and_shift(self, labels):
        return super().scale_and_shift(self.embedding(labels))


@wrong(SLUG, "Each pixel has statistics of its own")
class StatisticsPerPixel(Plain):
    def normalize(self, x):
        if not self.training:
            return self.bn(x)
        self.bn(x)
        var, mean = torch.var_mean(x, dim=0, unbiased=False)
        return (x - mean) / (var + 1e-5).sqrt()


@wrong(SLUG, "moved towards the biased variance")
class BiasedRunningVariance(StatisticsByHand):
    def forward(self, x, labels):
        before = self.running_var
        out = super().forward(x, labels)
        if self.training:
            var = x.var((0, 2, 3), unbiased=False, keepdim=True).detach()
            self.running_var = 0.9 * before + 0.1 * var
        return out


@wrong(SLUG, "In eval mode the running statistics change")
class MovesInEvalMode(Plain):
    def normalize(self, x):
        out = self.bn(x)
        if not self.training:
            self.bn.running_mean += 0.1 * (x.mean((0, 2, 3)) - self.bn.running_mean)
        return out


@wrong(SLUG, "In eval mode the same call gave another result")
class AlwaysTraining(Plain):
    def normalize(self, x):
        self.bn.training = True
        self.bn(x)
        self.bn.training = False
        return self.bn(x)


@wrong(SLUG, "It has no parameters")
class TablesAreBuffers(Plain):
    def __init__(self, num_features, num_classes):
        super().__init__(num_features, num_classes)
        del self.gamma, self.beta
        self.register_buffer("gammas", torch.ones(num_classes, num_features, 1, 1))
        self.register_buffer("betas", torch.zeros(num_classes, num_features, 1, 1))

    def scale_and_shift(self, labels):
        return self.gammas[labels], self.betas[labels]


@wrong(SLUG, "With its inputs on a GPU")
class CodesOnTheCpu(LinearWithoutBias):
    def forward(self, x, labels):
        codes = torch.eye(self.num_classes)[labels]
        gamma, beta = self.scale(codes), self.shift(codes)
        return gamma[:, :, None, None] * self.norm(x) + beta[:, :, None, None]


@wrong(SLUG, "F.one_hot counts the classes of the batch")
class ClassesCountedFromTheLabels(LinearWithoutBias):
    def forward(self, x, labels):
        codes = F.one_hot(labels).float()
        gamma, beta = self.scale(codes), self.shift(codes)
        return gamma[:, :, None, None] * self.norm(x) + beta[:, :, None, None]


vary = Variants(SLUG, Plain)


def scaled_down(layer, *_):
    nn.init.normal_(layer.gamma.weight, 0, 0.02)


def around_one(layer, *_):
    nn.init.normal_(layer.gamma.weight, 1, 0.02)


vary.started("ScaledDown", "γ starts near 0 at random", scaled_down)
vary.started("AroundOneAsInBigGan", "γ starts at random", around_one)
vary.started("GammaAsItComes", "γ starts ", lambda layer, *_: layer.gamma.reset_parameters())
vary.started("BetaAsItComes", "β at random", lambda layer, *_: layer.beta.reset_parameters())
zero = "Nothing is left of the input"
vary.started("GammaAtZero", zero, lambda layer, *_: nn.init.zeros_(layer.gamma.weight))
still = "Training does not move β"
vary.started("BetaIsFixed", still, lambda layer, *_: layer.beta.requires_grad_(False))

vary.tables("OneAddedTwice", "γ starts at 2", lambda gamma, beta: (1 + gamma, beta))
vary.tables("Swapped", "γ and β are swapped", lambda gamma, beta: (beta, gamma))
two_more = "give them two more dimensions"
vary.tables("WithoutDimensions", two_more, lambda gamma, beta: (gamma[..., 0, 0], beta[..., 0, 0]))
paired = "Each sample is paired with each label"
vary.tables("OneDimensionTooMany", paired, lambda gamma, beta: (gamma[:, None], beta[:, None]))
averaged = "The labels of the batch are averaged"
vary.tables("Averaged", averaged, lambda gamma, beta: (gamma.mean(0), beta.mean(0)))
one = "γ is one number per label"
vary.tables("OneGamma", one, lambda gamma, beta: (gamma.mean(1, keepdim=True), beta))
columns = "on the input or on the position"
vary.tables("GammaPerColumn", columns, lambda gamma, beta: (gamma ** torch.arange(1, 4), beta))

vary.conditioned("LabelOfTheFirst", "label of its first sample", lambda y: y[:1].expand_as(y))
vary.conditioned("LabelIgnored", "The label changes nothing", torch.zeros_like)
ten = "labels 0 and 10 give the same γ and β"
vary.conditioned("RemainderOfTen", ten, lambda y: y % 10)
alone = "a sample alone gives another result"
vary.conditioned("IgnoredForOneSample", alone, lambda y: y if len(y) > 1 else 0 * y)

own = "by itself, as in instance normalization"
vary.normalized("InstanceNorm", own, nn.InstanceNorm2d)
vary.normalized("Bn1d", "nn.BatchNorm2d takes it", nn.BatchNorm1d)
vary.normalized("AffineOfItsOwn", "A second affine", nn.BatchNorm2d, affine=True)
batch = "the batch's own mean and variance"
vary.normalized("NoStatistics", batch, nn.BatchNorm2d, track_running_stats=False)
last = "the new batch has the weight 0.1"
vary.normalized("OnlyTheLastBatch", last, nn.BatchNorm2d, momentum=None)
small = "The momentum is not the default one"
vary.normalized("SmallMomentum", small, nn.BatchNorm2d, momentum=0.01)

formula = "In train mode the output is not (x - mean)"
vary.normalized("MomentumAsEps", formula, nn.BatchNorm2d, eps=0.1)

group = "by itself, as in layer normalization"
vary.replaced("GroupNorm", group, normalize=lambda layer, x: F.group_norm(x, 1))
vary.replaced(
    "OnlyNormalized", "The label changes nothing", forward=lambda layer, x, y: layer.bn(x)
)
raw = "comes out as it went in"
vary.replaced("NotNormalized", raw, normalize=lambda layer, x: x)
detached = "No gradient reaches the input"
vary.replaced("Detached", detached, normalize=lambda layer, x: layer.bn(x.detach()))


@wrong(SLUG, "β is the same for each label")
class BetaOfAllClasses(Plain):
    def scale_and_shift(self, labels):
        gamma, _ = super().scale_and_shift(labels)
        return gamma, self.beta.weight[0, :, None, None]

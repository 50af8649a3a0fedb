"""Conditional batch normalization for the generators: two that are right, and wrong ones."""

import torch
from torch import nn


class ConditionalBatchNorm2d(nn.Module):
    def __init__(self, num_features, num_classes):
        super().__init__()
        self.norm = nn.BatchNorm2d(num_features, affine=False)
        self.gamma = nn.Embedding(num_classes, num_features)
        self.beta = nn.Embedding(num_classes, num_features)
        nn.init.ones_(self.gamma.weight)
        nn.init.zeros_(self.beta.weight)

    def forward(self, x, labels):
        gamma, beta = self.gamma(labels), self.beta(labels)
        return gamma[:, :, None, None] * self.norm(x) + beta[:, :, None, None]


class FromAnEmbedding(nn.Module):
    """γ - 1 and β from one linear layer that starts at 0."""

    def __init__(self, num_features, num_classes):
        super().__init__()
        self.norm = nn.BatchNorm2d(num_features, affine=False)
        self.embedding = nn.Embedding(num_classes, 5)
        self.affine = nn.Linear(5, 2 * num_features)
        nn.init.zeros_(self.affine.weight)
        nn.init.zeros_(self.affine.bias)

    def forward(self, x, labels):
        scale, shift = self.affine(self.embedding(labels))[:, :, None, None].chunk(2, dim=1)
        h = self.norm(x)
        return torch.addcmul(h + shift, h, scale)


# wrong


class GammaAroundOne(ConditionalBatchNorm2d):
    def __init__(self, num_features, num_classes):
        super().__init__(num_features, num_classes)
        nn.init.normal_(self.gamma.weight, 1, 0.02)


class GammaAtZero(ConditionalBatchNorm2d):
    def __init__(self, num_features, num_classes):
        super().__init__(num_features, num_classes)
        nn.init.zeros_(self.gamma.weight)


class PlainBatchNorm(nn.BatchNorm2d):
    def __init__(self, num_features, num_classes):
        super().__init__(num_features)

    def forward(self, x, labels):
        return super().forward(x)


class FilmWithoutNormalization(ConditionalBatchNorm2d):
    def __init__(self, num_features, num_classes):
        super().__init__(num_features, num_classes)
        self.norm = nn.Identity()


class InstanceNorm(ConditionalBatchNorm2d):
    def __init__(self, num_features, num_classes):
        super().__init__(num_features, num_classes)
        self.norm = nn.InstanceNorm2d(num_features)


class BatchStatisticsInEvalMode(ConditionalBatchNorm2d):
    def __init__(self, num_features, num_classes):
        super().__init__(num_features, num_classes)
        self.norm = nn.BatchNorm2d(num_features, affine=False, track_running_stats=False)


class StatisticsNeverUpdated(ConditionalBatchNorm2d):
    def __init__(self, num_features, num_classes):
        super().__init__(num_features, num_classes)
        self.norm.momentum = 0.0


class TablesDetached(ConditionalBatchNorm2d):
    def forward(self, x, labels):
        gamma, beta = self.gamma(labels).detach(), self.beta(labels).detach()
        return gamma[:, :, None, None] * self.norm(x) + beta[:, :, None, None]


class NormInAList(nn.Module):
    def __init__(self, *sizes):
        super().__init__()
        self.layers = [ConditionalBatchNorm2d(*sizes)]

    def forward(self, x, labels):
        return self.layers[0](x, labels)

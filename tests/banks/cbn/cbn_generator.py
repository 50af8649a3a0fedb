"""Answers to exercise cbn-generator: the wrong ones, and `right_generators`."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from banks import wrong
from banks.cbn import normalization
from banks.cbn.right_generators import ByHand, TransposedConvolutions


@wrong("cbn-generator", "not attempted")
class Stub(nn.Module):
    def __init__(self, latent_dim, num_classes, base_channels=32, image_shape=(1, 28, 28)):
        super().__init__()
        raise NotImplementedError

    def forward(self, z, labels):
        raise NotImplementedError


@wrong("cbn-generator", "Before any training the label already changes the image")
class LabelJoinedWithZToo(TransposedConvolutions):
    def __init__(self, latent_dim, num_classes, *others):
        super().__init__(latent_dim + 4, num_classes, *others)
        self.embedding = nn.Embedding(num_classes, 4)

    def forward(self, z, labels):
        return super().forward(torch.cat([z, self.embedding(labels)], dim=1), labels)


@wrong("cbn-generator", "z and the label meet before the first batch normalization")
class LabelAddedToZ(TransposedConvolutions):
    """It has no effect at initialization, and still is a second entrance."""

    def __init__(self, latent_dim, num_classes, *others):
        super().__init__(latent_dim, num_classes, *others)
        self.embedding = nn.Embedding(num_classes, latent_dim)
        nn.init.zeros_(self.embedding.weight)

    def forward(self, z, labels):
        return super().forward(z + self.embedding(labels), labels)


@wrong("cbn-generator", "differs from pixel to pixel")
class ImagePerLabel(TransposedConvolutions):
    Norm = normalization.PlainBatchNorm

    def __init__(self, latent_dim, num_classes, base_channels=32, image_shape=(1, 28, 28)):
        super().__init__(latent_dim, num_classes, base_channels, image_shape)
        self.images = nn.Parameter(torch.zeros(num_classes, *image_shape))

    def forward(self, z, labels):
        return torch.tanh(self.maps(z, labels) + self.images[labels])


WRONG_NORMS = {
    normalization.GammaAroundOne: "Before any training the label already changes the image",
    normalization.GammaAtZero: "γ that starts at 0 closes each ReLU for good",
    normalization.PlainBatchNorm: "The label never reaches the image",
    normalization.FilmWithoutNormalization: "does not depend on the rest of its batch",
    normalization.InstanceNorm: "does not depend on the rest of its batch",
    normalization.BatchStatisticsInEvalMode: "there batch normalization takes the running stat",
    normalization.StatisticsNeverUpdated: "updates its running statistics",
    normalization.TablesDetached: "do γ and β get gradients?",
    normalization.NormInAList: "The label never reaches the image",
}
for norm, message in WRONG_NORMS.items():
    answer = type(norm.__name__, (TransposedConvolutions,), {"Norm": norm})
    wrong("cbn-generator", message)(answer)


@wrong("cbn-generator", "A plain list hides layers")
class ConvolutionInAList(TransposedConvolutions):
    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.layers = [self.pixels]
        del self.pixels
        self.__dict__["pixels"] = self.layers[0]


@wrong("cbn-generator", "label of its first sample")
class LabelOfTheFirstSample(TransposedConvolutions):
    def forward(self, z, labels):
        return super().forward(z, labels[:1].expand_as(labels))


@wrong("cbn-generator", "In train mode the label does not reach the image")
class LabelInEvalModeOnly(TransposedConvolutions):
    def forward(self, z, labels):
        return super().forward(z, torch.zeros_like(labels) if self.training else labels)


@wrong("cbn-generator", "The rows of the batch are mixed")
class LabelsSorted(TransposedConvolutions):
    def forward(self, z, labels):
        return super().forward(z, labels.sort().values)


@wrong("cbn-generator", "Your code raised IndexError")
class TenClasses(TransposedConvolutions):
    def __init__(self, latent_dim, num_classes, *others):
        super().__init__(latent_dim, 10, *others)


@wrong("cbn-generator", "look for a clamp, or a remainder")
class LabelsClamped(TransposedConvolutions):
    def forward(self, z, labels):
        return super().forward(z, labels.clamp(max=9))


@wrong("cbn-generator", "F.one_hot(labels)?")
class ClassesCountedFromTheBatch(ByHand):
    def forward(self, z, labels):
        self.eye = F.one_hot(labels).float()
        return super().forward(z, torch.arange(len(z)))


@wrong("cbn-generator", "image_shape is not used")
class ShapeFixed(TransposedConvolutions):
    def __init__(self, latent_dim, num_classes, base_channels=32, image_shape=(1, 28, 28)):
        super().__init__(latent_dim, num_classes, base_channels)


@wrong("cbn-generator", "For 32×32 the first map is 8×8")
class StartOfSevenBySeven(TransposedConvolutions):
    def __init__(self, latent_dim, num_classes, base_channels=32, image_shape=(1, 28, 28)):
        super().__init__(latent_dim, num_classes, base_channels, (image_shape[0], 28, 28))


@wrong("cbn-generator", "The number of channels is image_shape[0]")
class OneChannel(TransposedConvolutions):
    def __init__(self, latent_dim, num_classes, base_channels=32, image_shape=(1, 28, 28)):
        super().__init__(latent_dim, num_classes, base_channels, (1, *image_shape[1:]))


@wrong("cbn-generator", "base_channels is not used")
class WidthFixed(TransposedConvolutions):
    def __init__(self, latent_dim, num_classes, base_channels=32, image_shape=(1, 28, 28)):
        super().__init__(latent_dim, num_classes, 8, image_shape)


@wrong("cbn-generator", "as defaults")
class NoDefaults(TransposedConvolutions):
    def __init__(self, latent_dim, num_classes, base_channels, image_shape):
        super().__init__(latent_dim, num_classes, base_channels, image_shape)


@wrong("cbn-generator", "No convolution was called")
class LinearLayersToPixels(TransposedConvolutions):
    def __init__(self, latent_dim, num_classes, base_channels=32, image_shape=(1, 28, 28)):
        super().__init__(latent_dim, num_classes, base_channels, image_shape)
        self.all = nn.Linear(self.first_map[0], math.prod(image_shape))
        self.image_shape = image_shape

    def forward(self, z, labels):
        h = F.relu(self.norm1(self.start(z).view(-1, *self.first_map), labels))
        return self.all(h.mean((2, 3))).tanh().view(-1, *self.image_shape)


@wrong("cbn-generator", "No pixel is ever negative")
class SigmoidAtTheEnd(TransposedConvolutions):
    def forward(self, z, labels):
        return torch.sigmoid(self.maps(z, labels))


@wrong("cbn-generator", "the pixels leave [-1, 1]")
class NothingAtTheEnd(TransposedConvolutions):
    def forward(self, z, labels):
        return self.maps(z, labels)


@wrong("cbn-generator", "call each conditional batch normalization yourself")
class LabelsThroughSequential(TransposedConvolutions):
    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.up1 = nn.Sequential(self.up1, self.norm2, nn.ReLU())


@wrong("cbn-generator", "z changes no pixel")
class NoiseIgnored(TransposedConvolutions):
    def forward(self, z, labels):
        return super().forward(torch.ones_like(z), labels)


@wrong("cbn-generator", "z changes no pixel")
class NormalizedWithoutSpread(TransposedConvolutions):
    """The mean over the batch in place of the sample's own z."""

    def forward(self, z, labels):
        return super().forward(z.mean(0, keepdim=True).expand_as(z), labels)


@wrong("cbn-generator", "No gradient reaches z")
class NoiseDetached(TransposedConvolutions):
    def forward(self, z, labels):
        return super().forward(z.detach(), labels)


@wrong("cbn-generator", "forward changes the mode")
class EvalInForward(TransposedConvolutions):
    def forward(self, z, labels):
        self.eval()
        return super().forward(z, labels)


@wrong("cbn-generator", "With its inputs on a GPU")
class CodesOnTheCpu(ByHand):
    def forward(self, z, labels):
        self.eye = torch.eye(len(self.scale))
        return super().forward(z, labels)


@wrong("cbn-generator", "name no device")
class GoesToTheGpuByItself(TransposedConvolutions):
    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.to("cuda" if torch.cuda.is_available() else "cpu")


@wrong("cbn-generator", "It changes a tensor")
class NoiseClampedInPlace(TransposedConvolutions):
    def forward(self, z, labels):
        return super().forward(z.clamp_(-0.5, 0.5), labels)


@wrong("cbn-generator", "With one sample a dimension is gone")
class SqueezedBatch(TransposedConvolutions):
    def forward(self, z, labels):
        return super().forward(z, labels).squeeze(0)

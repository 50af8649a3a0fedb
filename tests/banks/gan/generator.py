"""Answers to exercise generator: the wrong ones, and `right_generators`."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from banks import wrong
from banks.gan.right_generators import EmbeddingAndMlp, OneHotTimesMatrix
from banks.networks import Variants


@wrong("generator", "not attempted")
class Stub(nn.Module):
    def __init__(self, latent_dim, num_classes, embedding_dim, image_shape):
        super().__init__()
        raise NotImplementedError

    def forward(self, z, labels):
        raise NotImplementedError


vary = Variants("generator", EmbeddingAndMlp)
vary.conditioned("LabelIgnored", "The label never reaches the image", torch.zeros_like)
vary.conditioned("LabelOfTheFirstSample", "label of its first sample", lambda y: y[:1].expand_as(y))


@wrong("generator", "The samples share their labels")
class LabelsAveraged(EmbeddingAndMlp):
    def forward(self, z, labels):
        e = self.embedding(labels).mean(0, keepdim=True).expand(len(z), -1)
        return self.layers(torch.cat([z, e], 1)).tanh().view(-1, *self.image_shape)


vary.conditioned("LabelsFlipped", "The rows of the batch are mixed", lambda y: y.flip(0))


@wrong("generator", "The rows of the batch are mixed")
class PixelsAcrossRows(EmbeddingAndMlp):
    def forward(self, z, labels):
        images = super().forward(z, labels)
        return images.flatten(1).T.reshape(images.shape)


vary.conditioned("TenClassesOnly", "give the same image: look for a clamp", lambda y: y % 10)


@wrong("generator", "has no row for a label")
class TableOfTen(EmbeddingAndMlp):
    def __init__(self, latent_dim, num_classes, embedding_dim, image_shape):
        super().__init__(latent_dim, 10, embedding_dim, image_shape)


@wrong("generator", "Only 756 of 784 pixels follow the label")
class LabelInSomePixels(EmbeddingAndMlp):
    def forward(self, z, labels):
        images = super().forward(z, labels)
        other = super().forward(z, torch.zeros_like(labels))
        return torch.cat([images[:, :, :-1], other[:, :, -1:]], 2)


vary.given("NoiseIgnored", "z changes no pixel", torch.zeros_like)
vary.given("NoiseAveraged", "z changes no pixel", lambda z: z.mean(0, keepdim=True).expand_as(z))
vary.given(
    "NoiseDrawnInForward", "In eval mode the same call gave another result", torch.randn_like
)
vary.given("DropoutAlways", "In eval mode the same call gave another result", F.dropout)
vary.given(
    "LayersInForward",
    "In eval mode the same call gave another result",
    lambda z: nn.Linear(z.shape[1], z.shape[1])(z),
)


@wrong("generator", "Layers appear in the first call")
class LayersOnTheFirstCall(EmbeddingAndMlp):
    def forward(self, z, labels):
        if not hasattr(self, "mix"):
            self.mix = nn.Linear(z.shape[1], z.shape[1])
        return super().forward(self.mix(z), labels)


@wrong("generator", "No pixel is ever negative")
class SigmoidAtTheEnd(EmbeddingAndMlp):
    def forward(self, z, labels):
        h = self.layers(torch.cat([z, self.embedding(labels)], dim=1))
        return torch.sigmoid(h).view(-1, *self.image_shape)


@wrong("generator", "the pixels leave [-1, 1]")
class NothingAtTheEnd(EmbeddingAndMlp):
    def forward(self, z, labels):
        h = self.layers(torch.cat([z, self.embedding(labels)], dim=1))
        return h.view(-1, *self.image_shape)


@wrong("generator", "the pixels never come near -1 and 1")
class SigmoidThenTanh(EmbeddingAndMlp):
    def forward(self, z, labels):
        h = self.layers(torch.cat([z, self.embedding(labels)], dim=1))
        return torch.tanh(torch.sigmoid(h) - 0.5).view(-1, *self.image_shape)


vary.returned("FlatImages", "The images are flat", lambda out: out.flatten(1))
vary.returned("NoChannel", "The channel is missing", lambda out: out.squeeze(1))


@wrong("generator", "With one sample a dimension is gone")
class SqueezedBatch(EmbeddingAndMlp):
    def forward(self, z, labels):
        images = super().forward(z, labels)
        return images.squeeze(0)


@wrong("generator", "image_shape is not used")
class ShapeFixed(EmbeddingAndMlp):
    def __init__(self, latent_dim, num_classes, embedding_dim, image_shape):
        super().__init__(latent_dim, num_classes, embedding_dim, (1, 28, 28))


@wrong("generator", "unless you say dim=1")
class ConcatAlongTheBatch(EmbeddingAndMlp):
    def forward(self, z, labels):
        return self.layers(torch.cat([z, self.embedding(labels)])).tanh()


@wrong("generator", "register its layers on self")
class LayersInAList(nn.Module):
    def __init__(self, latent_dim, num_classes, embedding_dim, image_shape):
        super().__init__()
        self.image_shape = image_shape
        self.layers = [
            nn.Embedding(num_classes, embedding_dim),
            nn.Linear(latent_dim + embedding_dim, math.prod(image_shape)),
        ]

    def forward(self, z, labels):
        h = torch.cat([z, self.layers[0](labels)], 1)
        return self.layers[1](h).tanh().view(-1, *self.image_shape)


@wrong("generator", "A plain list hides layers")
class OneLayerInAList(EmbeddingAndMlp):
    def __init__(self, latent_dim, *others):
        super().__init__(latent_dim, *others)
        self.extra = [nn.Linear(latent_dim, latent_dim)]

    def forward(self, z, labels):
        return super().forward(self.extra[0](z), labels)


@wrong("generator", "embedding.weight shapes the result and gets no gradient")
class EmbeddingDetached(EmbeddingAndMlp):
    def forward(self, z, labels):
        with torch.no_grad():
            e = self.embedding(labels)
        return self.layers(torch.cat([z, e], 1)).tanh().view(-1, *self.image_shape)


@wrong("generator", "No gradient flows")
class NoGradInForward(EmbeddingAndMlp):
    @torch.no_grad()
    def forward(self, z, labels):
        return super().forward(z, labels)


vary.given("NoiseDetached", "No gradient reaches z", lambda z: z.detach())


@wrong("generator", "kept in training mode")
class BatchNormAlwaysInTraining(EmbeddingAndMlp):
    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.norm = nn.BatchNorm1d(64)

    def forward(self, z, labels):
        h = self.layers[0](torch.cat([z, self.embedding(labels)], dim=1))
        h = F.batch_norm(h, self.norm.running_mean, self.norm.running_var, training=True)
        return self.layers[1:](h).tanh().view(-1, *self.image_shape)


vary.given(
    "OneSampleScaledAlone",
    "a sample alone gives another result",
    lambda z: z if len(z) > 1 else 2 * z,
)
vary.conditioned(
    "LabelsRelativeToTheSmallest", "Labels that are all 1 higher", lambda y: y - y.min()
)


@wrong("generator", "F.one_hot(labels)?")
class OneHotAsWideAsTheLabels(OneHotTimesMatrix):
    def forward(self, z, labels):
        self.num_classes = -1
        return super().forward(z, labels)


@wrong("generator", "Is the order of the arguments")
class ArgumentsInAnotherOrder(EmbeddingAndMlp):
    def __init__(self, image_shape, latent_dim, num_classes, embedding_dim):
        super().__init__(latent_dim, num_classes, embedding_dim, image_shape)


@wrong("generator", "forward changes the mode")
class EvalInForward(EmbeddingAndMlp):
    def forward(self, z, labels):
        self.eval()
        return super().forward(z, labels)


@wrong("generator", "With its inputs on a GPU")
class NoiseOnTheCpu(EmbeddingAndMlp):
    def forward(self, z, labels):
        if self.training:
            z = z + 0.1 * torch.randn(z.shape)
        return super().forward(z, labels)


@wrong("generator", "name no device")
class GoesToTheGpuByItself(EmbeddingAndMlp):
    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.to("cuda" if torch.cuda.is_available() else "cpu")


@wrong("generator", "forget a return")
class NoReturn(EmbeddingAndMlp):
    def forward(self, z, labels):
        super().forward(z, labels)


@wrong("generator", "It changes a tensor")
class NoiseScaledInPlace(EmbeddingAndMlp):
    def forward(self, z, labels):
        z *= 1.5
        return super().forward(z, labels)


@wrong("generator", "super().__init__() comes first")
class NoSuper(nn.Module):
    def __init__(self, latent_dim, num_classes, embedding_dim, image_shape):
        self.embedding = nn.Embedding(num_classes, embedding_dim)


@wrong("generator", "behind torch.cat it is latent_dim + embedding_dim")
class WidthWithoutTheEmbedding(EmbeddingAndMlp):
    def __init__(self, latent_dim, *others):
        super().__init__(latent_dim, *others)
        self.layers[0] = nn.Linear(latent_dim, 64)


@wrong("generator", "unpack the shape: .view(-1, *image_shape)")
class BatchForgottenInView(EmbeddingAndMlp):
    def forward(self, z, labels):
        return super().forward(z, labels).view(*self.image_shape)


@wrong("generator", "unpack the shape: .view(-1, *image_shape)")
class ShapeNotUnpacked(EmbeddingAndMlp):
    def forward(self, z, labels):
        return super().forward(z, labels).view(-1, self.image_shape)


@wrong("generator", "have different widths: concatenate them")
class NoiseTimesEmbedding(EmbeddingAndMlp):
    def forward(self, z, labels):
        return self.layers(z * self.embedding(labels)).tanh().view(-1, *self.image_shape)


@wrong("generator", "Labels are (B,): embed them first")
class LabelsNotEmbedded(EmbeddingAndMlp):
    def forward(self, z, labels):
        return self.layers(torch.cat([z, labels], dim=-1)).tanh().view(-1, *self.image_shape)

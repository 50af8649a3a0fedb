"""Answers to exercise discriminator: the wrong ones, and `right_discriminators`."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from banks import wrong
from banks.gan.right_discriminators import EmbeddingAndMlp, NoisyWhileTraining
from banks.networks import Variants


@wrong("discriminator", "not attempted")
class Stub(nn.Module):
    def __init__(self, image_shape, num_classes, embedding_dim):
        super().__init__()
        raise NotImplementedError

    def forward(self, images, labels):
        raise NotImplementedError


vary = Variants("discriminator", EmbeddingAndMlp)
vary.returned("SigmoidAtTheEnd", "leave the sigmoid out", lambda out: out.sigmoid())
vary.returned("TanhAtTheEnd", "leave the last activation", lambda out: out.tanh())
vary.returned("ReluAtTheEnd", "leave the last activation", lambda out: out.relu())
vary.returned("LogSigmoidAtTheEnd", "leave the last activation", lambda out: F.logsigmoid(out))
vary.returned("SoftmaxOfOneLogit", "leave the sigmoid out", lambda out: out.softmax(1))


@wrong("discriminator", "do not normalize them over the batch")
class LogitsStandardized(EmbeddingAndMlp):
    def forward(self, images, labels):
        logits = super().forward(images, labels)
        return (logits - logits.mean()) / logits.std()


vary.returned("Squeezed", "right, but as (B, 1)", lambda out: out.squeeze(1))
vary.returned("MeanOverTheBatch", "each image gets a logit of its own", lambda out: out.mean())


@wrong("discriminator", "One logit per class")
class LogitPerClass(EmbeddingAndMlp):
    def __init__(self, image_shape, num_classes, embedding_dim):
        super().__init__(image_shape, num_classes, embedding_dim)
        self.layers[5] = nn.Linear(64, num_classes)


@wrong("discriminator", "one is enough")
class TwoLogits(EmbeddingAndMlp):
    def __init__(self, image_shape, num_classes, embedding_dim):
        super().__init__(image_shape, num_classes, embedding_dim)
        self.layers[5] = nn.Linear(64, 2)


vary.returned("MapsNotFlattened", "Flatten the maps", lambda out: out[:, :, None, None])
vary.conditioned("LabelIgnored", "The label never reaches the logit", torch.zeros_like)
vary.conditioned("LabelOfTheFirstSample", "label of its first sample", lambda y: y[:1].expand_as(y))


@wrong("discriminator", "The samples share their labels")
class LabelsAveraged(EmbeddingAndMlp):
    def forward(self, images, labels):
        e = self.embedding(labels).mean(0, keepdim=True).expand(len(images), -1)
        return self.layers(torch.cat([images.flatten(1), e], dim=1))


vary.conditioned("LabelsFlipped", "The rows of the batch are mixed", lambda y: y.flip(0))
vary.conditioned("LabelsClamped", "give the same logit: look for a clamp", lambda y: y.clamp(max=9))


@wrong("discriminator", "has no row for a label")
class TableOfTen(EmbeddingAndMlp):
    def __init__(self, image_shape, num_classes, embedding_dim):
        super().__init__(image_shape, 10, embedding_dim)


vary.given("ImagesIgnored", "All images of a batch get the same logit", torch.zeros_like)
vary.given(
    "ImagesAveraged",
    "All images of a batch get the same logit",
    lambda x: x.mean(0, keepdim=True).expand_as(x),
)


@wrong("discriminator", "A quarter of the image has no influence")
class UpperHalfOnly(EmbeddingAndMlp):
    def forward(self, images, labels):
        rows = torch.arange(images.shape[2], device=images.device)[:, None]
        return super().forward(images * (rows < 14), labels)


vary.given("ImagesDetached", "No gradient reaches the images", lambda x: x.detach())


@wrong("discriminator", "No gradient flows")
class NoGradInForward(EmbeddingAndMlp):
    @torch.no_grad()
    def forward(self, images, labels):
        return super().forward(images, labels)


@wrong("discriminator", "embedding.weight shapes the result and gets no gradient")
class EmbeddingDetached(EmbeddingAndMlp):
    def forward(self, images, labels):
        e = self.embedding(labels).detach()
        return self.layers(torch.cat([images.flatten(1), e], dim=1))


vary.given(
    "DropoutAlways", "In eval mode the same call gave another result", lambda x: F.dropout(x, 0.3)
)
vary.returned(
    "LayersInForward",
    "In eval mode the same call gave another result",
    lambda out: nn.Linear(1, 1)(out),
)


@wrong("discriminator", "register its layers on self")
class LayersInAList(nn.Module):
    def __init__(self, image_shape, num_classes, embedding_dim):
        super().__init__()
        self.layers = [
            nn.Embedding(num_classes, embedding_dim),
            nn.Linear(math.prod(image_shape) + embedding_dim, 1),
        ]

    def forward(self, images, labels):
        return self.layers[1](torch.cat([images.flatten(1), self.layers[0](labels)], 1))


@wrong("discriminator", "A plain list hides layers")
class EmbeddingInAList(EmbeddingAndMlp):
    def __init__(self, image_shape, num_classes, embedding_dim):
        super().__init__(image_shape, num_classes, embedding_dim)
        self.tables = [self.embedding]
        del self.embedding

    def forward(self, images, labels):
        return self.layers(torch.cat([images.flatten(1), self.tables[0](labels)], dim=1))


@wrong("discriminator", "unless you say dim=1")
class ConcatAlongTheBatch(EmbeddingAndMlp):
    def forward(self, images, labels):
        return self.layers(torch.cat([images.flatten(1), self.embedding(labels)], dim=0))


@wrong("discriminator", "Twice as many logits as images")
class LabelMapsBelowTheImages(nn.Module):
    def __init__(self, image_shape, num_classes, embedding_dim):
        super().__init__()
        self.image_shape = image_shape
        self.maps = nn.Embedding(num_classes, math.prod(image_shape))
        self.out = nn.Linear(math.prod(image_shape), 1)

    def forward(self, images, labels):
        maps = self.maps(labels).view(-1, *self.image_shape)
        return self.out(torch.cat([images, maps]).flatten(1))


vary.given(
    "PixelsOfMnist",
    "Compute the sizes of your layers from image_shape",
    lambda x: x.view(-1, 1, 28, 28),
)


@wrong("discriminator", "(3, 32, 32) works too")
class ShapeFixed(EmbeddingAndMlp):
    def __init__(self, image_shape, num_classes, embedding_dim):
        super().__init__((1, 28, 28), num_classes, embedding_dim)


vary.given(
    "OneSampleScaledAlone",
    "a sample alone gives another result",
    lambda x: x / len(x) if len(x) == 1 else x * 2,
)
vary.returned("SqueezedBatch", "a dimension is gone", lambda out: out.squeeze(0))


@wrong("discriminator", "forward changes the mode")
class TrainInForward(EmbeddingAndMlp):
    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.layers[2] = nn.Identity()

    def forward(self, images, labels):
        self.train()
        return super().forward(images, labels)


@wrong("discriminator", "With its inputs on a GPU")
class NoiseOnTheCpu(NoisyWhileTraining):
    def forward(self, images, labels):
        if self.training:
            images = images + 0.05 * torch.randn(images.shape)
        return super().forward(images, labels)


@wrong("discriminator", "name no device")
class GoesToTheGpuByItself(EmbeddingAndMlp):
    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.to("cuda" if torch.cuda.is_available() else "cpu")


@wrong("discriminator", "forget a return")
class NoReturn(EmbeddingAndMlp):
    def forward(self, images, labels):
        super().forward(images, labels)


vary.given("ImagesRescaled", "It changes a tensor", lambda x: x.add_(1).div_(2))


@wrong("discriminator", "It prints")
class PrintsShapes(EmbeddingAndMlp):
    def forward(self, images, labels):
        print(images.shape)
        return super().forward(images, labels)


@wrong("discriminator", "flatten the images, .flatten(1), and add embedding_dim")
class WidthWithoutTheEmbedding(EmbeddingAndMlp):
    def __init__(self, image_shape, *others):
        super().__init__(image_shape, *others)
        self.layers[0] = nn.Linear(math.prod(image_shape), 128)

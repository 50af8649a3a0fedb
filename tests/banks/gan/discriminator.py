"""Answers to exercise discriminator."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from banks import right, wrong

# right


@right("discriminator")
class EmbeddingAndMlp(nn.Module):
    def __init__(self, image_shape, num_classes, embedding_dim):
        super().__init__()
        self.embedding = nn.Embedding(num_classes, embedding_dim)
        self.layers = nn.Sequential(
            nn.Linear(math.prod(image_shape) + embedding_dim, 128),
            nn.LeakyReLU(0.2),
            nn.Dropout(0.3),
            nn.Linear(128, 64),
            nn.LeakyReLU(0.2),
            nn.Linear(64, 1),
        )

    def forward(self, images, labels):
        return self.layers(torch.cat([images.flatten(1), self.embedding(labels)], dim=1))


@right("discriminator")
class LabelAsAMap(nn.Module):
    """Convolutions without padding, which leave out the last pixels; the label is a channel."""

    def __init__(self, image_shape, num_classes, embedding_dim):
        super().__init__()
        channels, height, width = image_shape
        self.maps = nn.Sequential(
            nn.Embedding(num_classes, embedding_dim),
            nn.Linear(embedding_dim, height * width),
            nn.Unflatten(1, (1, height, width)),
        )
        self.layers = nn.Sequential(
            nn.Conv2d(channels + 1, 16, 4, 2),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(16, 32, 4, 2, bias=False),
            nn.BatchNorm2d(32),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Flatten(),
            nn.LazyLinear(1),
        )

    def forward(self, images, labels):
        return self.layers(torch.cat((images, self.maps(labels)), 1))


@right("discriminator")
class ProjectionAndSpectralNorm(nn.Module):
    def __init__(self, image_shape, num_classes, embedding_dim):
        super().__init__()
        norm = nn.utils.parametrizations.spectral_norm
        self.first = norm(nn.Conv2d(image_shape[0], 16, 3, 2, 1))
        self.second = norm(nn.Conv2d(16, embedding_dim, 3, 2, 1))
        self.embedding = norm(nn.Embedding(num_classes, embedding_dim))
        self.linear = norm(nn.Linear(embedding_dim, 1))

    def forward(self, images, labels):
        h = F.relu(self.second(F.relu(self.first(images)))).sum((2, 3))
        return self.linear(h) + (self.embedding(labels) * h).sum(1, keepdim=True)


@right("discriminator")
class SpectralNormWithoutBias(nn.Module):
    """No parameter makes these logits large: only images do."""

    def __init__(self, image_shape, num_classes, embedding_dim):
        super().__init__()
        norm, pixels = nn.utils.spectral_norm, math.prod(image_shape)
        self.first = norm(nn.Linear(pixels, 64, bias=False))
        self.label = norm(nn.Linear(num_classes, 64, bias=False))
        self.second = norm(nn.Linear(64, 1, bias=False))
        self.num_classes = num_classes

    def forward(self, images, labels):
        codes = F.one_hot(labels, self.num_classes).float()
        return self.second(F.leaky_relu(self.first(images.flatten(1)) + self.label(codes), 0.2))


@right("discriminator")
class OneHotTimesMatrix(nn.Module):
    """Functional; the label multiplies the features; zeros in the last layer."""

    def __init__(self, image_shape, num_classes, embedding_dim):
        super().__init__()
        self.register_buffer("codes", torch.eye(num_classes))
        self.w = nn.Parameter(torch.randn(math.prod(image_shape), embedding_dim) / 20)
        self.table = nn.Parameter(torch.ones(num_classes, embedding_dim))
        self.v = nn.Parameter(torch.zeros(embedding_dim))
        self.c = nn.Parameter(torch.tensor(0.0))

    def forward(self, images, labels):
        h = torch.tanh(images.reshape(len(images), -1) @ self.w)
        h = h * (self.codes[labels] @ self.table)
        return (h @ self.v + self.c)[:, None]


@right("discriminator")
class MinibatchStd(nn.Module):
    """One feature tells how much the images of the batch differ; it needs two of them."""

    def __init__(self, image_shape, num_classes, embedding_dim):
        super().__init__()
        self.embedding = nn.Embedding(num_classes, embedding_dim)
        self.first = nn.Linear(math.prod(image_shape), 64)
        self.second = nn.Linear(64 + embedding_dim + 1, 64)
        self.last = nn.Linear(64, 1)

    def forward(self, images, labels):
        x = images.flatten(1)
        spread = x.std(0).mean().expand(len(x), 1)
        h = torch.cat([F.silu(self.first(x)), self.embedding(labels), spread], 1)
        return self.last(F.silu(self.second(h)))


@right("discriminator")
class LabelAtTheEnd(nn.Module):
    """The label adds its own amount: the contract asks for no more."""

    def __init__(self, image_shape, num_classes, embedding_dim):
        super().__init__()
        self.pool = nn.MaxPool2d(2)
        self.features = nn.Sequential(nn.LazyConv2d(8, 5), nn.ReLU(), nn.MaxPool2d(3), nn.Flatten())
        self.image = nn.LazyLinear(1)
        self.label = nn.Sequential(
            nn.Embedding(num_classes, embedding_dim, sparse=True), nn.Linear(embedding_dim, 1)
        )

    def forward(self, images, labels):
        logits = self.image(self.features(self.pool(images)))
        logits += self.label(labels)
        return logits


@right("discriminator")
class NoisyWhileTraining(EmbeddingAndMlp):
    def forward(self, images, labels):
        if self.training:
            images = images + 0.05 * torch.randn_like(images)
        return super().forward(images, labels)


# wrong


@wrong("discriminator", "not attempted")
class Stub(nn.Module):
    def __init__(self, image_shape, num_classes, embedding_dim):
        super().__init__()
        raise NotImplementedError

    def forward(self, images, labels):
        raise NotImplementedError


@wrong("discriminator", "leave the sigmoid out")
class SigmoidAtTheEnd(EmbeddingAndMlp):
    def forward(self, images, labels):
        return super().forward(images, labels).sigmoid()


@wrong("discriminator", "leave the last activation")
class TanhAtTheEnd(EmbeddingAndMlp):
    def forward(self, images, labels):
        return super().forward(images, labels).tanh()


@wrong("discriminator", "leave the last activation")
class ReluAtTheEnd(EmbeddingAndMlp):
    def forward(self, images, labels):
        return super().forward(images, labels).relu()


@wrong("discriminator", "leave the last activation")
class LogSigmoidAtTheEnd(EmbeddingAndMlp):
    def forward(self, images, labels):
        return F.logsigmoid(super().forward(images, labels))


@wrong("discriminator", "leave the sigmoid out")
class SoftmaxOfOneLogit(EmbeddingAndMlp):
    def forward(self, images, labels):
        return super().forward(images, labels).softmax(1)


@wrong("discriminator", "do not normalize them over the batch")
class LogitsStandardized(EmbeddingAndMlp):
    def forward(self, images, labels):
        logits = super().forward(images, labels)
        return (logits - logits.mean()) / logits.std()


@wrong("discriminator", "right, but as (B, 1)")
class Squeezed(EmbeddingAndMlp):
    def forward(self, images, labels):
        return super().forward(images, labels).squeeze(1)


@wrong("discriminator", "each image gets a logit of its own")
class MeanOverTheBatch(EmbeddingAndMlp):
    def forward(self, images, labels):
        return super().forward(images, labels).mean()


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


@wrong("discriminator", "Flatten the maps")
class MapsNotFlattened(EmbeddingAndMlp):
    def forward(self, images, labels):
        return super().forward(images, labels)[:, :, None, None]


@wrong("discriminator", "The label never reaches the logit")
class LabelIgnored(EmbeddingAndMlp):
    def forward(self, images, labels):
        return super().forward(images, torch.zeros_like(labels))


@wrong("discriminator", "label of its first sample")
class LabelOfTheFirstSample(EmbeddingAndMlp):
    def forward(self, images, labels):
        return super().forward(images, labels[:1].expand(len(images)))


@wrong("discriminator", "The samples share their labels")
class LabelsAveraged(EmbeddingAndMlp):
    def forward(self, images, labels):
        e = self.embedding(labels).mean(0, keepdim=True).expand(len(images), -1)
        return self.layers(torch.cat([images.flatten(1), e], dim=1))


@wrong("discriminator", "The rows of the batch are mixed")
class LabelsFlipped(EmbeddingAndMlp):
    def forward(self, images, labels):
        return super().forward(images, labels.flip(0))


@wrong("discriminator", "give the same logit: look for a clamp")
class LabelsClamped(EmbeddingAndMlp):
    def forward(self, images, labels):
        return super().forward(images, labels.clamp(max=9))


@wrong("discriminator", "Your code raised IndexError")
class TableOfTen(EmbeddingAndMlp):
    def __init__(self, image_shape, num_classes, embedding_dim):
        super().__init__(image_shape, 10, embedding_dim)


@wrong("discriminator", "All images of a batch get the same logit")
class ImagesIgnored(EmbeddingAndMlp):
    def forward(self, images, labels):
        return super().forward(torch.zeros_like(images), labels)


@wrong("discriminator", "All images of a batch get the same logit")
class ImagesAveraged(EmbeddingAndMlp):
    def forward(self, images, labels):
        return super().forward(images.mean(0, keepdim=True).expand_as(images), labels)


@wrong("discriminator", "A quarter of the image has no influence")
class UpperHalfOnly(EmbeddingAndMlp):
    def forward(self, images, labels):
        rows = torch.arange(images.shape[2], device=images.device)[:, None]
        return super().forward(images * (rows < 14), labels)


@wrong("discriminator", "No gradient reaches the images")
class ImagesDetached(EmbeddingAndMlp):
    def forward(self, images, labels):
        return super().forward(images.detach(), labels)


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


@wrong("discriminator", "In eval mode the same call gave another result")
class DropoutAlways(EmbeddingAndMlp):
    def forward(self, images, labels):
        return super().forward(F.dropout(images, 0.3), labels)


@wrong("discriminator", "In eval mode the same call gave another result")
class LayersInForward(EmbeddingAndMlp):
    def forward(self, images, labels):
        return nn.Linear(1, 1)(super().forward(images, labels))


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


@wrong("discriminator", "Compute the sizes of your layers from image_shape")
class PixelsOfMnist(EmbeddingAndMlp):
    def forward(self, images, labels):
        return super().forward(images.view(-1, 1, 28, 28), labels)


@wrong("discriminator", "(3, 32, 32) works too")
class ShapeFixed(EmbeddingAndMlp):
    def __init__(self, image_shape, num_classes, embedding_dim):
        super().__init__((1, 28, 28), num_classes, embedding_dim)


@wrong("discriminator", "a sample alone gives another result")
class OneSampleScaledAlone(EmbeddingAndMlp):
    def forward(self, images, labels):
        return super().forward(images / len(images) if len(images) == 1 else images * 2, labels)


@wrong("discriminator", "a dimension is gone")
class SqueezedBatch(EmbeddingAndMlp):
    def forward(self, images, labels):
        return super().forward(images, labels).squeeze(0)


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


@wrong("discriminator", "It changes a tensor")
class ImagesRescaled(EmbeddingAndMlp):
    def forward(self, images, labels):
        return super().forward(images.add_(1).div_(2), labels)


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

"""Answers to exercise projection-discriminator: the wrong ones, and `right_projections`."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from banks import wrong
from banks.cbn.right_projections import Mlp, OwnTable, SumPooling


class Wrong(SumPooling):
    """The parts are right; ``join`` makes a mistake of them."""

    def forward(self, images, labels):
        h = self.features(images)
        return self.join(h, self.embedding(labels), self.linear(h))


def joined(name, says, join):
    """Register the wrong answer ``name`` that joins h, e and linear(h) by ``join``."""
    answer = type(name, (Wrong,), {"join": staticmethod(join)})
    wrong("projection-discriminator", says)(answer)


def inner(h, e):
    return (h * e).sum(1, keepdim=True)


joined("NoProjection", "is missing: the label has no part", lambda h, e, linear: linear)
joined("NoLinear", "self.linear(h) is missing", lambda h, e, linear: inner(h, e))
joined("Mean", "not a mean", lambda h, e, linear: linear + (h * e).mean(1, keepdim=True))
joined("Scaled", "divided by √D", lambda h, e, linear: linear + inner(h, e) / math.sqrt(h.shape[1]))
joined(
    "Cosine",
    "This is the cosine",
    lambda h, e, linear: linear + F.cosine_similarity(h, e).unsqueeze(1),
)
joined("SumOfAll", "over the whole batch", lambda h, e, linear: linear + (h * e).sum())
joined("FirstLabel", "label of its first sample", lambda h, e, linear: linear + inner(h, e[:1]))
joined("Flipped", "The rows are mixed", lambda h, e, linear: linear + inner(h, e.flip(0)))
joined("Subtracted", "not subtracted", lambda h, e, linear: linear - inner(h, e))
joined("Multiplied", "not multiplied with it", lambda h, e, linear: linear * inner(h, e))
joined("Sigmoid", "Leave the sigmoid out", lambda h, e, linear: (linear + inner(h, e)).sigmoid())
joined("Tanh", "Leave the tanh out", lambda h, e, linear: (linear + inner(h, e)).tanh())
joined("Relu", "Leave the ReLU out", lambda h, e, linear: (linear + inner(h, e)).relu())
joined("Halved", "The score is halved", lambda h, e, linear: (linear + inner(h, e)) / 2)
joined("NotSummed", "over the features, dim 1", lambda h, e, linear: linear + h * e)
joined("Squeezed", "but as (B, 1)", lambda h, e, linear: (linear + inner(h, e)).squeeze(1))
joined("Broadcast", "(B, B) in place of (B, 1)", lambda h, e, linear: linear + (h * e).sum(1))
joined("AllPairs", "(B, B) in place of (B, 1)", lambda h, e, linear: linear + h @ e.T)
joined(
    "MeanOfBatch", "One number for the whole", lambda h, e, linear: (linear + inner(h, e)).mean()
)
joined("SqueezedOne", "a dimension is gone", lambda h, e, linear: (linear + inner(h, e)).squeeze(0))
joined("LabelDetached", "gets no gradient", lambda h, e, linear: linear + inner(h, e.detach()))
joined(
    "DetachedInProduct",
    "> h is detached",
    lambda h, e, linear: linear + inner(h.detach(), e),
)
joined("NoReturn", "forget a return", lambda h, e, linear: None)
joined("OverTheBatch", "over the features, dim 1", lambda h, e, linear: linear + (h * e).sum(0))


@wrong("projection-discriminator", "not attempted")
class Stub(nn.Module):
    def __init__(self, image_shape, num_classes, base_channels=32):
        super().__init__()
        raise NotImplementedError

    def features(self, images):
        raise NotImplementedError

    def forward(self, images, labels):
        raise NotImplementedError


@wrong("projection-discriminator", "In self.linear(h) h is detached")
class DetachedInLinear(SumPooling):
    def forward(self, images, labels):
        h = self.features(images)
        return self.linear(h.detach()) + inner(h, self.embedding(labels))


@wrong("projection-discriminator", "The embedding does not learn")
class FrozenEmbedding(Mlp):
    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.embedding.requires_grad_(False)


@wrong("projection-discriminator", "Only h * e reaches self.linear")
class LinearOfTheProduct(SumPooling):
    def forward(self, images, labels):
        return self.linear(self.features(images) * self.embedding(labels))


@wrong("projection-discriminator", "and nothing after it")
class Concatenated(SumPooling):
    def __init__(self, image_shape, num_classes, base_channels=32):
        super().__init__(image_shape, num_classes, base_channels)
        self.both = nn.Linear(4 * base_channels, 1)

    def forward(self, images, labels):
        return self.both(torch.cat([self.features(images), self.embedding(labels)], dim=1))


@wrong("projection-discriminator", "self.linear is not linear")
class SigmoidInLinear(SumPooling):
    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.linear = nn.Sequential(self.linear, nn.Sigmoid())


@wrong("projection-discriminator", "The names are given")
class OtherNames(SumPooling):
    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.table = self.embedding
        del self.embedding

    def forward(self, images, labels):
        h = self.features(images)
        return self.linear(h) + inner(h, self.table(labels))


@wrong("projection-discriminator", "features(images) is (B, D)")
class MapsAsFeatures(SumPooling):
    def features(self, images):
        return self.convolutions(images)

    def forward(self, images, labels):
        h = self.features(images).sum((2, 3))
        return self.linear(h) + inner(h, self.embedding(labels))


@wrong("projection-discriminator", "With one image a dimension is gone")
class FeaturesSqueezed(SumPooling):
    def features(self, images):
        return super().features(images).squeeze()


@wrong("projection-discriminator", "the same width D")
class EmbeddingOfAnotherWidth(SumPooling):
    def __init__(self, image_shape, num_classes, base_channels=32):
        super().__init__(image_shape, num_classes, base_channels)
        self.embedding = nn.Embedding(num_classes, base_channels)


@wrong("projection-discriminator", "Your code raised IndexError")
class TenClasses(SumPooling):
    def __init__(self, image_shape, num_classes, base_channels=32):
        super().__init__(image_shape, 10, base_channels)


@wrong("projection-discriminator", "In train mode the label does not reach the score")
class LabelInEvalModeOnly(SumPooling):
    def forward(self, images, labels):
        return super().forward(images, torch.zeros_like(labels) if self.training else labels)


@wrong("projection-discriminator", "look for a clamp, or a remainder")
class LabelsClamped(SumPooling):
    def forward(self, images, labels):
        return super().forward(images, labels.clamp(max=9))


@wrong("projection-discriminator", "Compute the sizes of your layers from image_shape")
class OneChannel(SumPooling):
    def __init__(self, image_shape, num_classes, base_channels=32):
        super().__init__((1, 28, 28), num_classes, base_channels)


@wrong("projection-discriminator", "base_channels is not used")
class WidthFixed(SumPooling):
    def __init__(self, image_shape, num_classes, base_channels=32):
        super().__init__(image_shape, num_classes, 8)


@wrong("projection-discriminator", "Give base_channels=32 as a default")
class NoDefault(SumPooling):
    def __init__(self, image_shape, num_classes, base_channels):
        super().__init__(image_shape, num_classes, base_channels)


@wrong("projection-discriminator", "All images of a batch get the same score")
class ImagesIgnored(SumPooling):
    def features(self, images):
        return super().features(torch.ones_like(images))


@wrong("projection-discriminator", "A quarter of the image has no influence")
class UpperHalfOnly(SumPooling):
    def features(self, images):
        return super().features(images[:, :, :14])


@wrong("projection-discriminator", "No gradient reaches the images")
class ImagesDetached(SumPooling):
    def features(self, images):
        return super().features(images.detach())


@wrong("projection-discriminator", "In eval mode the same call gave another result")
class DropoutAlways(SumPooling):
    def features(self, images):
        return F.dropout(super().features(images), 0.3)


@wrong("projection-discriminator", "A plain list hides layers")
class LayersInAList(Mlp):
    def __init__(self, *sizes):
        super().__init__(*sizes)
        layers = [self.first]
        del self.first
        self.layers = layers

    def features(self, images):
        return F.silu(self.second(F.silu(self.layers[0](images.flatten(1)))))


@wrong("projection-discriminator", "forward changes the mode")
class EvalInForward(SumPooling):
    def forward(self, images, labels):
        self.eval()
        return super().forward(images, labels)


@wrong("projection-discriminator", "With its inputs on a GPU")
class CodesOnTheCpu(OwnTable):
    def forward(self, images, labels):
        self.embedding.codes = torch.eye(len(self.embedding.codes))
        return super().forward(images, labels)


@wrong("projection-discriminator", "name no device")
class GoesToTheGpuByItself(SumPooling):
    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.to("cuda" if torch.cuda.is_available() else "cpu")


@wrong("projection-discriminator", "It changes a tensor")
class ImagesRescaled(SumPooling):
    def features(self, images):
        return super().features(images.add_(1).div_(2))

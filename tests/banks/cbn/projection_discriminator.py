"""Answers to exercise projection-discriminator."""

import math

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from banks import right, wrong

# right


@right("projection-discriminator")
class SumPooling(nn.Module):
    """As in the paper: spectral norm everywhere, strided convolutions, a sum over the maps."""

    def __init__(self, image_shape, num_classes, base_channels=32):
        super().__init__()
        c = base_channels
        self.convolutions = nn.Sequential(
            spectral_norm(nn.Conv2d(image_shape[0], c, 4, stride=2, padding=1)),
            nn.LeakyReLU(0.2),
            spectral_norm(nn.Conv2d(c, 2 * c, 4, stride=2, padding=1)),
            nn.LeakyReLU(0.2),
        )
        self.linear = spectral_norm(nn.Linear(2 * c, 1))
        self.embedding = spectral_norm(nn.Embedding(num_classes, 2 * c))

    def features(self, images):
        return self.convolutions(images).sum((2, 3))

    def forward(self, images, labels):
        h = self.features(images)
        return self.linear(h) + (self.embedding(labels) * h).sum(1, keepdim=True)


@right("projection-discriminator")
class Flattened(nn.Module):
    """DCGAN's layers with the old spectral norm and batch norm, all places kept; zeros at first."""

    def __init__(self, image_shape, num_classes, base_channels=32):
        super().__init__()
        norm = nn.utils.spectral_norm
        self.features = nn.Sequential(
            norm(nn.Conv2d(image_shape[0], base_channels, 4, 2, bias=False)),
            nn.LeakyReLU(0.2, inplace=True),
            norm(nn.Conv2d(base_channels, base_channels, 4, 2, bias=False)),
            nn.BatchNorm2d(base_channels),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Dropout2d(0.2),
            nn.Flatten(),
        )
        with torch.no_grad():
            width = self.features(torch.zeros(2, *image_shape)).shape[1]
        self.linear = nn.Linear(width, 1, bias=False)
        self.embedding = nn.Embedding(num_classes, width)
        nn.init.zeros_(self.embedding.weight)

    def forward(self, images, labels):
        h = self.features(images)
        return torch.einsum("bd,bd->b", h, self.embedding(labels))[:, None] + self.linear(h)


@right("projection-discriminator")
class Mlp(nn.Module):
    """The contract leaves the features open; the two parts share one product."""

    def __init__(self, image_shape, num_classes, base_channels=32):
        super().__init__()
        self.first = nn.Linear(math.prod(image_shape), 4 * base_channels)
        self.second = nn.Linear(4 * base_channels, base_channels)
        self.linear = nn.Linear(base_channels, 1)
        self.embedding = nn.Embedding(num_classes, base_channels, sparse=True)

    def features(self, images):
        return F.silu(self.second(F.silu(self.first(images.flatten(1)))))

    def forward(self, images, labels):
        h = self.features(images)
        rows = self.embedding(labels) + self.linear.weight
        return torch.bmm(rows[:, None], h[:, :, None]).squeeze(2) + self.linear.bias


class OneHotTimesMatrix(nn.Module):
    def __init__(self, num_classes, width):
        super().__init__()
        self.register_buffer("codes", torch.eye(num_classes))
        self.table = nn.Linear(num_classes, width, bias=False)

    def forward(self, labels):
        return self.table(self.codes[labels])


@right("projection-discriminator")
class OwnTable(nn.Module):
    """Functional, with a table of its own, and a linear layer that is a method."""

    def __init__(self, image_shape, num_classes, base_channels=32):
        super().__init__()
        self.kernels = nn.Parameter(torch.randn(base_channels, image_shape[0], 5, 5) / 5)
        self.embedding = OneHotTimesMatrix(num_classes, base_channels)
        self.w = nn.Parameter(torch.zeros(base_channels))
        self.b = nn.Parameter(torch.tensor(0.5))

    def linear(self, h):
        return (h @ self.w + self.b).unsqueeze(1)

    def features(self, images):
        return F.adaptive_avg_pool2d(F.conv2d(images, self.kernels).relu_(), 1).flatten(1)

    def forward(self, images, labels):
        h = self.features(images)
        scores = self.linear(h)
        scores += torch.linalg.vecdot(self.embedding(labels), h).view(-1, 1)
        return scores


@right("projection-discriminator")
class Residual(nn.Module):
    """Average pooling, skips, an embedding of the shape (B, 1, D), and noise in train mode."""

    def __init__(self, image_shape, num_classes, base_channels=32):
        super().__init__()
        self.start = nn.Conv2d(image_shape[0], base_channels, 1)
        self.blocks = nn.ModuleList(
            nn.Sequential(
                nn.ReLU(),
                nn.Conv2d(base_channels, base_channels, 3, padding=1),
                nn.ReLU(),
                nn.Conv2d(base_channels, base_channels, 3, padding=1),
            )
            for _ in range(2)
        )
        self.linear = nn.Sequential(nn.Dropout(0.2), nn.Linear(base_channels, 1))
        self.embedding = nn.Sequential(
            nn.Embedding(num_classes, base_channels), nn.Unflatten(1, (1, -1))
        )

    def features(self, images):
        h = self.start(images + 0.05 * torch.randn_like(images) if self.training else images)
        for block in self.blocks:
            h = F.avg_pool2d(block(h) + h, 2)
        return h.relu().mean((2, 3))

    def forward(self, images, labels):
        h = self.features(images)
        return (self.embedding(labels) @ h.unsqueeze(2)).squeeze(2) + self.linear(h)


@right("projection-discriminator")
class Lazy(nn.Module):
    """Layers that find their sizes in the first call; the product as the diagonal of a table."""

    def __init__(self, image_shape, num_classes, base_channels=32):
        super().__init__()
        self.body = nn.Sequential(
            nn.LazyConv2d(base_channels, 3, 2, 1),
            nn.LazyBatchNorm2d(),
            nn.ELU(),
            nn.LazyConv2d(base_channels, 3, 2, 1),
            nn.AdaptiveMaxPool2d(2),
            nn.Flatten(),
            nn.LazyLinear(2 * base_channels),
        )
        self.linear = nn.LazyLinear(1)
        self.embedding = nn.Embedding(num_classes, 2 * base_channels, max_norm=50)

    def features(self, images):
        return self.body(images)

    def forward(self, images, labels):
        h = self.features(images)
        return self.linear(h) + (h @ self.embedding(labels).T).diagonal().unsqueeze(1)


@right("projection-discriminator")
class OneTableForBoth(Mlp):
    """weight_norm, and the inner product through the embedding of all classes."""

    def __init__(self, *sizes):
        super().__init__(*sizes)
        norm = nn.utils.parametrizations.weight_norm
        self.second, self.linear = norm(self.second), norm(self.linear)
        self.embedding = nn.Embedding(*self.embedding.weight.shape)

    def forward(self, images, labels):
        h = self.features(images)
        every_class = F.linear(h, self.embedding.weight)
        return self.linear(h).add(every_class.gather(1, labels.unsqueeze(1)))


# wrong


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
joined("Halved", "and nothing after it", lambda h, e, linear: (linear + inner(h, e)) / 2)
joined("NotSummed", "over the features, dim 1", lambda h, e, linear: linear + h * e)
joined("Squeezed", "but as (B, 1)", lambda h, e, linear: (linear + inner(h, e)).squeeze(1))
joined("Broadcast", "(B, B) in place of (B, 1)", lambda h, e, linear: linear + (h * e).sum(1))
joined("AllPairs", "(B, B) in place of (B, 1)", lambda h, e, linear: linear + h @ e.T)
joined(
    "MeanOfBatch", "One number for the whole", lambda h, e, linear: (linear + inner(h, e)).mean()
)
joined("SqueezedOne", "a dimension is gone", lambda h, e, linear: (linear + inner(h, e)).squeeze(0))
joined("LabelDetached", "gets no gradient", lambda h, e, linear: linear + inner(h, e.detach()))
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

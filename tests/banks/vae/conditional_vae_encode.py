"""Answers to exercise conditional-vae/encode."""

import torch
import torch.nn.functional as F
from torch import nn

from banks import right, wrong
from banks.vae.models import MODELS, Mlp

SLUG = "conditional-vae/encode"

# right

for model in MODELS:
    right(SLUG)(model)


@right(SLUG)
class OnlyEncodeWritten(Mlp):
    """The other parts come later."""

    def reparameterize(self, mu, logvar):
        raise NotImplementedError

    def decode(self, z, labels_onehot):
        raise NotImplementedError

    def forward(self, x, labels):
        raise NotImplementedError


@right(SLUG)
class OtherPartsWrong(Mlp):
    """Each part is marked on its own."""

    def __init__(self, *sizes, **named):
        super().__init__(*sizes, **named)
        self.decoder = [nn.Linear(3, 4)]
        self.pixels = None

    def reparameterize(self, mu, logvar):
        return mu

    def decode(self, z, labels_onehot):
        return self.decoder[0](z)


@right(SLUG)
class TwoEncoders(Mlp):
    """One for mu and one for logvar, the label in both; the images are centred first."""

    def __init__(self, latent_dim=16, num_classes=10, hidden_dim=256, input_dim=784):
        super().__init__(latent_dim, num_classes, hidden_dim, input_dim)
        self.encoders = nn.ModuleList(
            nn.Sequential(nn.Linear(input_dim, 40), nn.Tanh(), nn.Linear(40, latent_dim))
            for _ in range(2)
        )
        self.shifts = nn.Linear(num_classes, 2 * latent_dim)

    def encode(self, x, labels_onehot):
        shifts = self.shifts(labels_onehot).chunk(2, dim=1)
        mu, logvar = (e(2 * x - 1) + s for e, s in zip(self.encoders, shifts, strict=True))
        return mu, logvar


# wrong


def joined(x, labels_onehot):
    return torch.cat([x, labels_onehot], dim=1)


@wrong(SLUG, "not attempted")
class Stub(nn.Module):
    def __init__(self, latent_dim=16, num_classes=10, hidden_dim=256, input_dim=784):
        super().__init__()
        self.latent_dim, self.num_classes = latent_dim, num_classes

    def encode(self, x, labels_onehot):
        raise NotImplementedError


@wrong(SLUG, "The label never reaches the mean")
class LabelIgnored(Mlp):
    def encode(self, x, labels_onehot):
        return super().encode(x, torch.zeros_like(labels_onehot))


@wrong(SLUG, "The label never reaches the log-variance")
class LabelInMuAlone(Mlp):
    def encode(self, x, labels_onehot):
        _, logvar = super().encode(x, torch.zeros_like(labels_onehot))
        return super().encode(x, labels_onehot)[0], logvar


@wrong(SLUG, "label of its first sample")
class LabelOfTheFirstSample(Mlp):
    def encode(self, x, labels_onehot):
        return super().encode(x, labels_onehot[:1].expand_as(labels_onehot))


@wrong(SLUG, "The samples share their labels")
class LabelsAveraged(Mlp):
    def encode(self, x, labels_onehot):
        return super().encode(x, labels_onehot.mean(0, keepdim=True).expand_as(labels_onehot))


@wrong(SLUG, "The rows of the batch are mixed")
class LabelsFlipped(Mlp):
    def encode(self, x, labels_onehot):
        return super().encode(x, labels_onehot.flip(0))


@wrong(SLUG, "give the same mean: look for a clamp")
class TenClassesOnly(Mlp):
    def encode(self, x, labels_onehot):
        codes = F.one_hot(labels_onehot.argmax(1).clamp(max=9), self.num_classes)
        return super().encode(x, codes.float())


@wrong(SLUG, "Is x used?")
class ImagesIgnored(Mlp):
    def encode(self, x, labels_onehot):
        return super().encode(torch.zeros_like(x), labels_onehot)


@wrong(SLUG, "All images of a batch get the same log-variance")
class VarianceOfTheBatch(Mlp):
    def encode(self, x, labels_onehot):
        mu, _ = super().encode(x, labels_onehot)
        return mu, super().encode(x.mean(0, keepdim=True).expand_as(x), labels_onehot)[1]


@wrong(SLUG, "All images of a batch get the same log-variance")
class VarianceIsAConstant(Mlp):
    def __init__(self, *sizes, **named):
        super().__init__(*sizes, **named)
        self.logvar = nn.Parameter(torch.zeros(self.latent_dim))

    def encode(self, x, labels_onehot):
        mu, _ = super().encode(x, labels_onehot)
        return mu, self.logvar.expand_as(mu)


@wrong(SLUG, "mu and logvar are the same numbers")
class OneHeadForBoth(Mlp):
    def encode(self, x, labels_onehot):
        mu, _ = super().encode(x, labels_onehot)
        return mu, mu


@wrong(SLUG, "return mu, logvar")
class MuAlone(Mlp):
    def encode(self, x, labels_onehot):
        return super().encode(x, labels_onehot)[0]


@wrong(SLUG, "return mu, logvar")
class HiddenLayerToo(Mlp):
    def encode(self, x, labels_onehot):
        return *super().encode(x, labels_onehot), F.relu(self.hidden(joined(x, labels_onehot)))


@wrong(SLUG, "forget a return")
class NoReturn(Mlp):
    def encode(self, x, labels_onehot):
        super().encode(x, labels_onehot)


@wrong(SLUG, "The log-variance is never negative")
class StandardDeviation(Mlp):
    def encode(self, x, labels_onehot):
        mu, logvar = super().encode(x, labels_onehot)
        return mu, torch.exp(logvar / 2)


@wrong(SLUG, "The log-variance is never negative")
class Softplus(Mlp):
    def encode(self, x, labels_onehot):
        mu, logvar = super().encode(x, labels_onehot)
        return mu, F.softplus(logvar)


@wrong(SLUG, "The mean is never negative")
class ReluBehindMu(Mlp):
    def encode(self, x, labels_onehot):
        mu, logvar = super().encode(x, labels_onehot)
        return mu.relu(), logvar


@wrong(SLUG, "the mean stays within bounds")
class TanhBehindMu(Mlp):
    def encode(self, x, labels_onehot):
        mu, logvar = super().encode(x, labels_onehot)
        return mu.tanh(), logvar


@wrong(SLUG, "the log-variance stays within bounds")
class LogvarClamped(Mlp):
    def encode(self, x, labels_onehot):
        mu, logvar = super().encode(x, labels_onehot)
        return mu, logvar.clamp(-30, 20)


@wrong(SLUG, "the log-variance stays within bounds")
class LogsigmoidBehindLogvar(Mlp):
    def encode(self, x, labels_onehot):
        mu, logvar = super().encode(x, labels_onehot)
        return mu, F.logsigmoid(logvar)


@wrong(SLUG, "latent_dim is not used")
class LatentDimFixed(Mlp):
    def __init__(self, latent_dim=16, num_classes=10, hidden_dim=256, input_dim=784):
        super().__init__(16, num_classes, hidden_dim, input_dim)
        self.latent_dim = latent_dim


@wrong(SLUG, "behind torch.cat it is input_dim + num_classes")
class ClassesFixed(Mlp):
    def __init__(self, latent_dim=16, num_classes=10, hidden_dim=256, input_dim=784):
        super().__init__(latent_dim, 10, hidden_dim, input_dim)


@wrong(SLUG, "behind torch.cat it is input_dim + num_classes")
class PixelsFixed(Mlp):
    def __init__(self, latent_dim=16, num_classes=10, hidden_dim=256, input_dim=784):
        super().__init__(latent_dim, num_classes, hidden_dim)


@wrong(SLUG, "The hidden layer is returned")
class HeadsAsWideAsTheHiddenLayer(Mlp):
    def __init__(self, latent_dim=16, num_classes=10, hidden_dim=256, input_dim=784):
        super().__init__(latent_dim, num_classes, hidden_dim, input_dim)
        self.fc_mu = nn.Linear(hidden_dim, hidden_dim)
        self.fc_logvar = nn.Linear(hidden_dim, hidden_dim)


@wrong(SLUG, "each of the latent_dim dimensions has its own")
class OneVariance(Mlp):
    def __init__(self, latent_dim=16, num_classes=10, hidden_dim=256, input_dim=784):
        super().__init__(latent_dim, num_classes, hidden_dim, input_dim)
        self.fc_logvar = nn.Linear(hidden_dim, 1)

    def encode(self, x, labels_onehot):
        h = F.relu(self.hidden(joined(x, labels_onehot)))
        return self.fc_mu(h), self.fc_logvar(h)


@wrong(SLUG, "The defaults are latent_dim=16")
class OtherDefaults(Mlp):
    def __init__(self, latent_dim=20, num_classes=10, hidden_dim=400, input_dim=784):
        super().__init__(latent_dim, num_classes, hidden_dim, input_dim)


@wrong(SLUG, "unexpected keyword argument")
class OtherNames(Mlp):
    def __init__(self, z_dim=16, classes=10, hidden=256, pixels=784):
        super().__init__(z_dim, classes, hidden, pixels)


@wrong(SLUG, "has no attribute 'latent_dim'")
class SizesNotKept(Mlp):
    def __init__(self, *sizes, **named):
        super().__init__(*sizes, **named)
        del self.latent_dim


@wrong(SLUG, "unless you say dim=1")
class ConcatAlongTheBatch(Mlp):
    def encode(self, x, labels_onehot):
        h = F.relu(self.hidden(torch.cat([x, labels_onehot])))
        return self.fc_mu(h), self.fc_logvar(h)


@wrong(SLUG, "In eval mode the same call gave another result")
class DropoutAlways(Mlp):
    def encode(self, x, labels_onehot):
        return super().encode(F.dropout(x), labels_onehot)


@wrong(SLUG, "fc_logvar.weight shapes the result and gets no gradient")
class LogvarDetached(Mlp):
    def encode(self, x, labels_onehot):
        mu, logvar = super().encode(x, labels_onehot)
        return mu, logvar.detach()


@wrong(SLUG, "No gradient reaches x")
class ImagesDetached(Mlp):
    def encode(self, x, labels_onehot):
        return super().encode(x.detach(), labels_onehot)


@wrong(SLUG, "A plain list hides layers")
class HeadsInAList(Mlp):
    def __init__(self, latent_dim=16, num_classes=10, hidden_dim=256, input_dim=784):
        super().__init__(latent_dim, num_classes, hidden_dim, input_dim)
        self.heads = [nn.Linear(hidden_dim, latent_dim) for _ in range(2)]

    def encode(self, x, labels_onehot):
        h = F.relu(self.hidden(joined(x, labels_onehot)))
        return self.heads[0](h), self.heads[1](h)


@wrong(SLUG, "forward changes the mode")
class EvalInEncode(Mlp):
    def encode(self, x, labels_onehot):
        self.eval()
        return super().encode(x, labels_onehot)


@wrong(SLUG, "With its inputs on a GPU")
class ZerosOnTheCpu(Mlp):
    def encode(self, x, labels_onehot):
        return super().encode(x + torch.zeros(x.shape), labels_onehot)


@wrong(SLUG, "With one sample a dimension is gone")
class Squeezed(Mlp):
    def encode(self, x, labels_onehot):
        mu, logvar = super().encode(x, labels_onehot)
        return mu.squeeze(0), logvar.squeeze(0)


@wrong(SLUG, "It changes a tensor")
class CentredInPlace(Mlp):
    def encode(self, x, labels_onehot):
        return super().encode(x.sub_(0.5), labels_onehot)


@wrong(SLUG, "take the print out")
class Prints(Mlp):
    def encode(self, x, labels_onehot):
        print(x.shape)
        return super().encode(x, labels_onehot)

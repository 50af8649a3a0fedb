"""Answers to exercise conditional-vae/encode."""

from collections import namedtuple

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


Code = namedtuple("Code", "mu logvar")


@right(SLUG)
class NamedTuple(Mlp):
    def encode(self, x, labels_onehot):
        return Code(*super().encode(x, labels_onehot))


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


def ten_classes(codes):
    return F.one_hot(codes.argmax(1).clamp(max=9), codes.shape[1]).float()


CHANGED_INPUTS = {  # name -> (part of the message, what is done with the arguments)
    "LabelIgnored": ("The label never reaches the mean", lambda x, c: (x, 0 * c)),
    "LabelOfTheFirstSample": ("label of its first sample", lambda x, c: (x, c[:1].expand_as(c))),
    "LabelsAveraged": (
        "The samples share their labels",
        lambda x, c: (x, c.mean(0, keepdim=True).expand_as(c)),
    ),
    "LabelsFlipped": ("The rows of the batch are mixed", lambda x, c: (x, c.flip(0))),
    "TenClassesOnly": ("same mean: look for a clamp", lambda x, c: (x, ten_classes(c))),
    "ImagesIgnored": ("Is x used?", lambda x, c: (torch.zeros_like(x), c)),
    "ImagesDetached": ("No gradient reaches x", lambda x, c: (x.detach(), c)),
    "DropoutAlways": ("the same call gave another result", lambda x, c: (F.dropout(x), c)),
    "ZerosOnTheCpu": ("With its inputs on a GPU", lambda x, c: (x + torch.zeros(x.shape), c)),
    "CentredInPlace": ("It changes a tensor", lambda x, c: (x.sub_(0.5), c)),
}

CHANGED_RESULTS = {
    "OneHeadForBoth": ("mu and logvar are the same numbers", lambda mu, logvar: (mu, mu)),
    "MuAlone": ("return mu, logvar", lambda mu, logvar: mu),
    "OneTensor": ("return mu, logvar", lambda mu, logvar: torch.cat([mu, logvar], dim=1)),
    "StandardDeviation": (
        "variance is never negative",
        lambda mu, logvar: (mu, (logvar / 2).exp()),
    ),
    "Softplus": ("variance is never negative", lambda mu, logvar: (mu, F.softplus(logvar))),
    "ReluBehindMu": ("The mean is never negative", lambda mu, logvar: (mu.relu(), logvar)),
    "TanhBehindMu": ("the mean stays within bounds", lambda mu, logvar: (mu.tanh(), logvar)),
    "MuNormalized": ("the mean stays within bounds", lambda mu, logvar: (F.normalize(mu), logvar)),
    "LogvarClamped": ("variance stays within bounds", lambda mu, logvar: (mu, logvar.clamp(-9, 9))),
    "Logsigmoid": ("variance stays within bounds", lambda mu, logvar: (mu, F.logsigmoid(logvar))),
    "LogvarDetached": (
        "fc_logvar.weight shapes the result and gets no gradient",
        lambda mu, logvar: (mu, logvar.detach()),
    ),
    "Squeezed": ("With one sample a dimension is gone", lambda *pair: [p.squeeze(0) for p in pair]),
}


def changed(name, before=lambda x, codes: (x, codes), behind=lambda mu, logvar: (mu, logvar)):
    """A model that changes the arguments or the results of a right ``encode``."""

    def encode(self, x, labels_onehot):
        return behind(*Mlp.encode(self, *before(x, labels_onehot)))

    return type(name, (Mlp,), {"encode": encode})


for name, (says, change) in CHANGED_INPUTS.items():
    wrong(SLUG, says)(changed(name, before=change))

for name, (says, change) in CHANGED_RESULTS.items():
    wrong(SLUG, says)(changed(name, behind=change))


@wrong(SLUG, "The label never reaches the log-variance")
class LabelInMuAlone(Mlp):
    def encode(self, x, labels_onehot):
        _, logvar = super().encode(x, torch.zeros_like(labels_onehot))
        return super().encode(x, labels_onehot)[0], logvar


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


@wrong(SLUG, "return mu, logvar")
class HiddenLayerToo(Mlp):
    def encode(self, x, labels_onehot):
        return *super().encode(x, labels_onehot), F.relu(self.hidden(joined(x, labels_onehot)))


@wrong(SLUG, "forget a return")
class NoReturn(Mlp):
    def encode(self, x, labels_onehot):
        super().encode(x, labels_onehot)


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


@wrong(SLUG, "get one-hot labels already")
class OneHotAgain(Mlp):
    def encode(self, x, labels_onehot):
        return super().encode(x, F.one_hot(labels_onehot, self.num_classes).float())


@wrong(SLUG, "unless you say dim=1")
class ConcatAlongTheBatch(Mlp):
    def encode(self, x, labels_onehot):
        h = F.relu(self.hidden(torch.cat([x, labels_onehot])))
        return self.fc_mu(h), self.fc_logvar(h)


@wrong(SLUG, "No gradient of the log-variance reaches x")
class HiddenLayerDetachedForLogvar(Mlp):
    def encode(self, x, labels_onehot):
        h = F.relu(self.hidden(joined(x, labels_onehot)))
        return self.fc_mu(h), self.fc_logvar(h.detach())


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


@wrong(SLUG, "take the print out")
class Prints(Mlp):
    def encode(self, x, labels_onehot):
        print(x.shape)
        return super().encode(x, labels_onehot)

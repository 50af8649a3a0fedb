"""Answers to exercise conditional-vae/forward."""

from collections import namedtuple

import torch
import torch.nn.functional as F
from torch import nn

from banks import right, wrong
from banks.vae.models import MODELS, BatchNormAndDropout, Mlp

SLUG = "conditional-vae/forward"

# right

for model in MODELS:
    right(SLUG)(model)


@right(SLUG)
class OtherPartsHaveMistakes(Mlp):
    """Each part is marked on its own: here logvar is bounded, and the pixels are not."""

    def encode(self, x, labels_onehot):
        mu, logvar = super().encode(x, labels_onehot)
        return mu, F.softplus(logvar)

    def decode(self, z, labels_onehot):
        return self.pixels(F.relu(self.from_z(torch.cat([z, labels_onehot], dim=1))))


@right(SLUG)
class OwnReparameterizeIsWrong(Mlp):
    """forward does as it should: it is reparameterize that takes the variance."""

    def reparameterize(self, mu, logvar):
        return mu + logvar.exp() * torch.randn_like(mu)


@right(SLUG)
class EncodesTwice(BatchNormAndDropout):
    """The sample is drawn by torch.distributions, and the mode has no part in it."""

    def forward(self, x, labels):
        codes = F.one_hot(labels, num_classes=self.num_classes).type_as(x)
        mu, logvar = self.encode(x, codes)
        with torch.no_grad():
            self.encode(x, codes)
        z = torch.distributions.LogNormal(mu, (logvar / 2).exp()).rsample().log()
        return self.decode(z, codes), mu, logvar


Result = namedtuple("Result", "reconstruction mu logvar")


@right(SLUG)
class NamedTuple(Mlp):
    def forward(self, x, labels):
        return Result(*super().forward(x, labels))


# wrong


def codes_of(vae, labels):
    return F.one_hot(labels, vae.num_classes).float()


class Altered(Mlp):
    """A right forward whose steps can be replaced one by one."""

    def codes(self, labels):
        return codes_of(self, labels)

    def sample(self, mu, logvar):
        return self.reparameterize(mu, logvar)

    def image(self, z, codes):
        return self.decode(z, codes)

    def forward(self, x, labels):
        codes = self.codes(labels)
        mu, logvar = self.encode(x, codes)
        return self.image(self.sample(mu, logvar), codes), mu, logvar


@wrong(SLUG, "not attempted")
class Stub(Mlp):
    def forward(self, x, labels):
        raise NotImplementedError


def std(logvar):
    return (logvar / 2).exp()


def noise(mu):
    return torch.randn_like(mu)


SAMPLES = {  # name -> (part of the message, what is decoded)
    "DecodesMu": ("decode a sample z, not mu", lambda mu, logvar: mu),
    "DecodesLogvar": ("decode gets logvar itself", lambda mu, logvar: logvar),
    "OneNoiseForTheBatch": ("share one ε", lambda mu, logvar: mu + std(logvar) * noise(mu[:1])),
    "OneNumber": ("One ε for all numbers", lambda mu, logvar: mu + std(logvar) * noise(mu[:, :1])),
    "PlainNoise": ("z is plain noise", lambda mu, logvar: noise(mu) + 0 * logvar),
    "Swapped": ("z lies around logvar", lambda mu, logvar: logvar + std(mu) * noise(mu)),
    "Variance": ("z spreads by exp(logvar)", lambda mu, logvar: mu + logvar.exp() * noise(mu)),
    "SpreadIsOne": ("z is mu + ε, whatever logvar is", lambda mu, logvar: mu + noise(mu)),
    "SpreadIsTwice": ("is too large", lambda mu, logvar: mu + 2 * std(logvar) * noise(mu)),
    "SpreadIsHalf": ("is too small", lambda mu, logvar: mu + std(logvar) / 2 * noise(mu)),
    "MuMissing": ("mu is missing", lambda mu, logvar: std(logvar) * noise(mu)),
    "SampleDetached": (
        "No gradient reaches x",
        lambda mu, logvar: (mu + std(logvar) * noise(mu)).detach(),
    ),
    "StdDetached": (
        "fc_logvar.weight shapes the result and gets no gradient",
        lambda mu, logvar: mu + std(logvar).detach() * noise(mu),
    ),
    "NoiseOnTheCpu": (
        "With its inputs on a GPU",
        lambda mu, logvar: mu + std(logvar) * torch.randn(mu.shape),
    ),
}

for name, (says, sample) in SAMPLES.items():
    wrong(SLUG, says)(type(name, (Altered,), {"sample": staticmethod(sample)}))


@wrong(SLUG, "forward samples in eval mode too")
class DecodesMuInEvalMode(Altered):
    def sample(self, mu, logvar):
        return super().sample(mu, logvar) if self.training else mu


@wrong(SLUG, "draw ε in each call, set no seed")
class SeedInside(Altered):
    def sample(self, mu, logvar):
        torch.manual_seed(1)
        return super().sample(mu, logvar)


@wrong(SLUG, "no label")
class NoLabelInDecode(Altered):
    def image(self, z, codes):
        return self.decode(z, torch.zeros_like(codes))


@wrong(SLUG, "decode gets the label of the first sample")
class FirstLabelInDecode(Altered):
    def image(self, z, codes):
        return self.decode(z, codes[:1].expand_as(codes))


@wrong(SLUG, "labels in another order")
class FlippedLabelsInDecode(Altered):
    def image(self, z, codes):
        return self.decode(z, codes.flip(0))


@wrong(SLUG, "encoded with the label of its first sample")
class FirstLabelEverywhere(Altered):
    def codes(self, labels):
        return super().codes(labels[:1].expand_as(labels))


@wrong(SLUG, "mu and logvar are not those of encode(x, labels_onehot)")
class NoLabels(Altered):
    def codes(self, labels):
        return torch.zeros_like(super().codes(labels))


@wrong(SLUG, "F.one_hot(labels, self.num_classes)")
class CodesAsWideAsTheLabels(Altered):
    def codes(self, labels):
        return F.one_hot(labels).float()


@wrong(SLUG, "F.one_hot(labels, self.num_classes)")
class LabelsAsTheyAre(Altered):
    def codes(self, labels):
        return labels[:, None].float()


@wrong(SLUG, "Class values must be smaller than num_classes")
class TenClasses(Altered):
    def codes(self, labels):
        return F.one_hot(labels, 10).float()


@wrong(SLUG, ".float() turns it into what a layer takes")
class CodesAreWholeNumbers(Altered):
    def __init__(self, latent_dim=16, num_classes=10, hidden_dim=256, input_dim=784):
        super().__init__(latent_dim, num_classes, hidden_dim, input_dim)
        self.shift = nn.Linear(num_classes, hidden_dim)

    def codes(self, labels):
        return F.one_hot(labels, self.num_classes)

    def encode(self, x, labels_onehot):
        h = self.shift(labels_onehot) + self.hidden(torch.cat([x, labels_onehot], dim=1))
        return self.fc_mu(h), self.fc_logvar(h)


@wrong(SLUG, "The order is reconstruction, mu, logvar")
class MuFirst(Altered):
    def forward(self, x, labels):
        reconstruction, mu, logvar = super().forward(x, labels)
        return mu, logvar, reconstruction


@wrong(SLUG, "mu and logvar are swapped: the order is")
class LogvarSecond(Altered):
    def forward(self, x, labels):
        reconstruction, mu, logvar = super().forward(x, labels)
        return reconstruction, logvar, mu


@wrong(SLUG, "return reconstruction, mu, logvar")
class ReconstructionAlone(Altered):
    def forward(self, x, labels):
        return super().forward(x, labels)[0]


@wrong(SLUG, "return reconstruction, mu, logvar")
class SampleToo(Altered):
    def forward(self, x, labels):
        reconstruction, mu, logvar = super().forward(x, labels)
        return reconstruction, mu, logvar, self.sample(mu, logvar)


@wrong(SLUG, "logvar is not: return the logvar that encode gives")
class VarianceReturned(Altered):
    def forward(self, x, labels):
        reconstruction, mu, logvar = super().forward(x, labels)
        return reconstruction, mu, logvar.exp()


@wrong(SLUG, "not the sample z")
class SampleInPlaceOfMu(Altered):
    def forward(self, x, labels):
        reconstruction, mu, logvar = super().forward(x, labels)
        return reconstruction, self.sample(mu, logvar), logvar


@wrong(SLUG, "forget a return")
class NoReturn(Altered):
    def forward(self, x, labels):
        super().forward(x, labels)


@wrong(SLUG, "The mu that is returned carries no gradient")
class MuReturnedDetached(Altered):
    def forward(self, x, labels):
        reconstruction, mu, logvar = super().forward(x, labels)
        return reconstruction, mu.detach(), logvar.detach()


@wrong(SLUG, "belong on the device of the labels")
class CodesOnTheCpu(Altered):
    def codes(self, labels):
        return torch.eye(self.num_classes)[labels.cpu()]


@wrong(SLUG, "forward changes the mode")
class EvalInForward(Altered):
    def forward(self, x, labels):
        self.eval()
        return super().forward(x, labels)


@wrong(SLUG, "It changes a tensor")
class BinarizedInPlace(Altered):
    def forward(self, x, labels):
        return super().forward(x.round_(), labels)


@wrong(SLUG, "With one sample a dimension is gone")
class Squeezed(Altered):
    def image(self, z, codes):
        return self.decode(z, codes).squeeze()

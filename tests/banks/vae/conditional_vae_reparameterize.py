"""Answers to exercise conditional-vae/reparameterize."""

import torch
import torch.nn.functional as F
from torch import nn

from banks import right, wrong
from banks.vae.models import MODELS, Mlp

SLUG = "conditional-vae/reparameterize"

# right

for model in MODELS:
    right(SLUG)(model)


@right(SLUG)
class OnlyReparameterizeWritten(nn.Module):
    """The noise is drawn as one long row."""

    def __init__(self, latent_dim=16, num_classes=10, hidden_dim=256, input_dim=784):
        super().__init__()
        self.latent_dim, self.num_classes = latent_dim, num_classes

    def reparameterize(self, mu, logvar):
        noise = torch.randn(mu.numel(), device=mu.device).view_as(mu)
        return torch.stack([mu, noise * logvar.mul(0.5).exp()]).sum(0)


@right(SLUG)
class ModuleThatHoldsAGenerator(Mlp):
    """Noise from a generator of its own, which goes to the device of mu."""

    def __init__(self, *sizes, **named):
        super().__init__(*sizes, **named)
        self.generator = torch.Generator()
        self.generator.seed()

    def reparameterize(self, mu, logvar):
        noise = torch.randn(mu.shape, generator=self.generator).to(mu.device)
        return mu + noise * torch.exp(logvar).pow(0.5)


@right(SLUG)
class BoxAndMuller(Mlp):
    """A normal number from two uniform ones."""

    def reparameterize(self, mu, logvar):
        radius = (-2 * (1 - torch.rand_like(mu, dtype=torch.float64)).log()).sqrt()
        noise = radius * torch.cos(2 * torch.pi * torch.rand_like(mu))
        return (mu + (logvar / 2).exp() * noise).to(mu.dtype)


# wrong


def noise_like(mu):
    return torch.randn_like(mu)


@wrong(SLUG, "not attempted")
class Stub(Mlp):
    def reparameterize(self, mu, logvar):
        raise NotImplementedError


STDS = {  # name -> (part of the message, what is taken for the standard deviation)
    "Variance": ("std is exp(logvar) here", lambda logvar: logvar.exp()),
    "Logvar": ("std is logvar here", lambda logvar: logvar),
    "HalfLogvar": ("std is logvar here", lambda logvar: 0.5 * logvar),
    "SignLost": ("wrong sign of logvar", lambda logvar: torch.exp(-0.5 * logvar)),
    "RootOfHalf": ("std is exp(logvar / 4) here", lambda logvar: torch.exp(0.5 * logvar).sqrt()),
    "Doubled": ("std is exp(2 · logvar) here", lambda logvar: torch.exp(2 * logvar)),
    "One": ("logvar has no influence", torch.ones_like),
    "HalfOutside": ("too large or too small", lambda logvar: 0.5 * torch.exp(logvar / 2)),
    "Softplus": (
        "The spread of z is not exp(logvar / 2)",
        lambda logvar: F.softplus(logvar) + 0.01,
    ),
    "NeverSmall": (
        "With logvar = -80 the variance is next to 0",
        lambda logvar: torch.exp(logvar.clamp(min=-4) / 2),
    ),
}


def sampler(std):
    return lambda self, mu, logvar: mu + std(logvar) * noise_like(mu)


for name, (says, std) in STDS.items():
    wrong(SLUG, says)(type(f"StdIs{name}", (Mlp,), {"reparameterize": sampler(std)}))


@wrong(SLUG, "With a tiny variance z is 0")
class MuMissing(Mlp):
    def reparameterize(self, mu, logvar):
        return (logvar / 2).exp() * noise_like(mu)


@wrong(SLUG, "mu and logvar are swapped")
class ArgumentsSwapped(Mlp):
    def reparameterize(self, logvar, mu):
        return super().reparameterize(mu, logvar)


@wrong(SLUG, "z has no noise")
class MuAlone(Mlp):
    def reparameterize(self, mu, logvar):
        return mu


@wrong(SLUG, "z has no noise")
class StdWithoutNoise(Mlp):
    def reparameterize(self, mu, logvar):
        return mu + torch.exp(logvar / 2)


@wrong(SLUG, "With a tiny variance z is 0")
class MuTimesStd(Mlp):
    def reparameterize(self, mu, logvar):
        return (logvar / 2).exp() * (mu + noise_like(mu))


@wrong(SLUG, "z is not normally distributed")
class ThreeUniforms(Mlp):
    """Of mean 0 and variance 1, and never beyond 3."""

    def reparameterize(self, mu, logvar):
        noise = sum(2 * torch.rand_like(mu) - 1 for _ in range(3))
        return mu + (logvar / 2).exp() * noise


@wrong(SLUG, "not mirrored, nor normalized")
class Mirrored(Mlp):
    def reparameterize(self, mu, logvar):
        half = noise_like(mu[::2])
        noise = torch.cat([half, -half])[: len(mu)]
        return mu + (logvar / 2).exp() * noise


@wrong(SLUG, "not mirrored, nor normalized")
class NormalizedOverTheBatch(Mlp):
    def reparameterize(self, mu, logvar):
        noise = noise_like(mu)
        if len(mu) > 1:
            noise = (noise - noise.mean(dim=0)) / noise.std(dim=0)
        return mu + (logvar / 2).exp() * noise


@wrong(SLUG, "In eval mode z is mu")
class MuInEvalMode(Mlp):
    def reparameterize(self, mu, logvar):
        return super().reparameterize(mu, logvar) if self.training else mu


@wrong(SLUG, "One ε for the whole batch")
class OneNoiseForTheBatch(Mlp):
    def reparameterize(self, mu, logvar):
        return mu + (logvar / 2).exp() * torch.randn(mu.shape[1], device=mu.device)


@wrong(SLUG, "One ε for all numbers of a sample")
class OneNumberPerSample(Mlp):
    def reparameterize(self, mu, logvar):
        return mu + (logvar / 2).exp() * torch.randn(len(mu), 1, device=mu.device)


@wrong(SLUG, "One ε for the whole batch")
class OneNumberForAll(Mlp):
    def reparameterize(self, mu, logvar):
        return mu + (logvar / 2).exp() * torch.randn(1, device=mu.device)


@wrong(SLUG, "Two calls gave the same z")
class SeedInside(Mlp):
    def reparameterize(self, mu, logvar):
        torch.manual_seed(0)
        return super().reparameterize(mu, logvar)


@wrong(SLUG, "Two calls gave the same z")
class NoiseMadeOnce(Mlp):
    def __init__(self, *sizes, **named):
        super().__init__(*sizes, **named)
        self.register_buffer("noise", torch.randn(4000, self.latent_dim))

    def reparameterize(self, mu, logvar):
        return mu + (logvar / 2).exp() * self.noise[: len(mu)]


@wrong(SLUG, "torch.rand is uniform on [0, 1)")
class UniformNoise(Mlp):
    def reparameterize(self, mu, logvar):
        return mu + (logvar / 2).exp() * torch.rand_like(mu)


@wrong(SLUG, "z is not normally distributed")
class UniformNoiseOfUnitVariance(Mlp):
    def reparameterize(self, mu, logvar):
        return mu + (logvar / 2).exp() * (2 * torch.rand_like(mu) - 1) * 3**0.5


@wrong(SLUG, "No gradient flows through z")
class NormalWithoutGradient(Mlp):
    def reparameterize(self, mu, logvar):
        return torch.normal(mu, (logvar / 2).exp()).detach()


@wrong(SLUG, "No gradient flows through z")
class SampleInPlaceOfRsample(Mlp):
    def reparameterize(self, mu, logvar):
        return torch.distributions.Normal(mu, (logvar / 2).exp()).sample()


@wrong(SLUG, "No gradient reaches logvar")
class NoGradAroundStd(Mlp):
    def reparameterize(self, mu, logvar):
        with torch.no_grad():
            std = (logvar / 2).exp()
        return mu + std * noise_like(mu)


@wrong(SLUG, "its gradient is 1")
class MuDetached(Mlp):
    def reparameterize(self, mu, logvar):
        return mu.detach() + (logvar / 2).exp() * noise_like(mu)


@wrong(SLUG, "draw ε on the device of mu")
class NoiseOnTheCpu(Mlp):
    def reparameterize(self, mu, logvar):
        return mu + (logvar / 2).exp() * torch.randn(mu.shape)


@wrong(SLUG, "name no device")
class NoiseOnTheGpu(Mlp):
    def reparameterize(self, mu, logvar):
        device = "cuda" if torch.cuda.is_available() else "cpu"
        return mu + (logvar / 2).exp() * torch.randn(mu.shape, device=device)


@wrong(SLUG, "return z alone")
class NoiseReturnedToo(Mlp):
    def reparameterize(self, mu, logvar):
        noise = noise_like(mu)
        return mu + (logvar / 2).exp() * noise, noise


@wrong(SLUG, "forget a return")
class NoReturn(Mlp):
    def reparameterize(self, mu, logvar):
        super().reparameterize(mu, logvar)


@wrong(SLUG, "It changes a tensor")
class LogvarChanged(Mlp):
    def reparameterize(self, mu, logvar):
        return mu + logvar.mul_(0.5).exp() * noise_like(mu)


@wrong(SLUG, "With one sample a dimension is gone")
class Squeezed(Mlp):
    def reparameterize(self, mu, logvar):
        return super().reparameterize(mu, logvar).squeeze()


@wrong(SLUG, "Your code raised RuntimeError")
class BatchSizeFixed(Mlp):
    def reparameterize(self, mu, logvar):
        return mu + (logvar / 2).exp() * torch.randn(64, self.latent_dim)


@wrong(SLUG, "ε has the shape of mu")
class ManySamples(Mlp):
    def reparameterize(self, mu, logvar):
        noise = torch.randn(3, *mu.shape, device=mu.device)
        return mu + (logvar / 2).exp() * noise

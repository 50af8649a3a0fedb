"""Answers to exercise cvae-loss/loss, right and wrong."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.distributions import Normal, kl_divergence

from banks import right, wrong


def kl(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(dim=1)


def bce(r, x):
    """The cross-entropy, summed over the pixels, mean over the batch."""
    return F.binary_cross_entropy(r, x, reduction="sum") / len(x)


# right


@right("cvae-loss/loss")
def in_one_line(reconstruction, original, mu, logvar, kl_weight=1.0):
    return bce(reconstruction, original) + kl_weight * kl(mu, logvar).mean()


@right("cvae-loss/loss")
def per_sample_first(reconstruction, original, mu, logvar, kl_weight=1.0):
    pixels = F.binary_cross_entropy(reconstruction, original, reduction="none")
    latents = -0.5 * (1 + logvar - mu.pow(2) - logvar.exp())
    return (pixels.sum(-1) + kl_weight * latents.sum(-1)).mean()


@right("cvae-loss/loss")
def sums_divided_at_the_end(recon_x, x, mu, logvar, beta=1.0):
    total = nn.BCELoss(reduction="sum")(recon_x, x.view(-1, 784))
    total += beta * -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    return total / x.size(0)


@right("cvae-loss/loss")
def logs_with_an_epsilon(r, x, mu, logvar, kl_weight=1.0):
    logs = x * (r + 1e-7).log() + (1 - x) * (1 - r + 1e-7).log()
    posterior = Normal(mu, (logvar / 2).exp())
    divergence = kl_divergence(posterior, Normal(torch.zeros_like(mu), 1.0)).sum(1)
    return kl_weight * divergence.mean() - logs.sum(1).mean()


@right("cvae-loss/loss")
def logits_of_the_clamped(r, x, mu, logvar, kl_weight=1.0):
    logits = torch.logit(r, eps=1e-6)
    loss = nn.BCEWithLogitsLoss(reduction="none")(logits, x).mean(1) * x.shape[1]
    return torch.add(loss, kl(mu, logvar), alpha=kl_weight).mean()


@right("cvae-loss/loss")
def clamped_logs_sample_by_sample(r, x, mu, logvar, kl_weight=1.0):
    losses = []
    for ri, xi, m, lv in zip(r, x, mu, logvar, strict=True):
        yes, no = ri.log().clamp(min=-100), (1 - ri).log().clamp(min=-100)
        losses.append(-(xi @ yes) - (1 - xi) @ no + kl_weight * kl(m[None], lv[None])[0])
    return sum(losses) / len(losses)


# wrong


@wrong("cvae-loss/loss", "not attempted")
def loss_stub(reconstruction, original, mu, logvar, kl_weight=1.0):
    raise NotImplementedError


def variant(says, name, entropy=bce, divergence=lambda m, v: kl(m, v).mean(), result=None):
    """Register a loss that differs from a right one in one of its parts.

    ``result(entropy, divergence, weight)`` puts the parts together.
    """

    def answer(reconstruction, original, mu, logvar, kl_weight=1.0):
        parts = entropy(reconstruction, original), divergence(mu, logvar)
        return result(*parts, kl_weight) if result else parts[0] + kl_weight * parts[1]

    answer.__name__ = name
    wrong("cvae-loss/loss", says)(answer)


# the cross-entropy

SUM = {"reduction": "sum"}
variant("mean over the pixels: sum", "mean_over_pixels", F.binary_cross_entropy)
variant("mean squared error", "mse_mean", F.mse_loss)
variant("squared errors", "mse_summed", lambda r, x: F.mse_loss(r, x, **SUM) / len(x))
variant("absolute errors", "l1", lambda r, x: F.l1_loss(r, x, **SUM) / len(x))
variant(
    "not logits",
    "with_logits",
    lambda r, x: F.binary_cross_entropy_with_logits(r, x, **SUM) / len(x),
)
variant("swapped", "arguments_swapped", lambda r, x: bce(x, r))
variant("not finite", "logs_of_the_original", lambda r, x: -(r * x.log()).sum(1).mean())
variant("Only half", "ones_only", lambda r, x: -(x * r.log()).sum(1).mean())
variant("was rounded", "rounded", lambda r, x: bce(r, x.round()))
variant("clamped too far", "wide_clamp", lambda r, x: bce(r.clamp(0.05, 0.95), x))
variant("wrong sign: it is never", "entropy_negative", lambda r, x: -bce(r, x))
variant("One value per sample", "per_sample", lambda r, x: len(x) * bce(r, x) + 0 * x.sum(1))
variant(
    "One value per pixel", "per_pixel", lambda r, x: F.binary_cross_entropy(r, x, reduction="none")
)
variant(
    "exactly 0 or 1",
    "naive_logs",
    lambda r, x: -(x * r.log() + (1 - x) * (1 - r).log()).sum(1).mean(),
)
variant(
    "exactly 0 or 1",
    "xlogy",
    lambda r, x: -(torch.xlogy(x, r) + torch.xlogy(1 - x, 1 - r)).sum(1).mean(),
)
variant("reaches the reconstruction", "detached_reconstruction", lambda r, x: bce(r.detach(), x))
variant(
    "plus the KL",
    "every_other_pixel",
    lambda r, x: bce(r[:, ::2], x[:, ::2]),
)

# the KL

variant("The KL is summed over the batch", "kl_summed", divergence=lambda m, v: kl(m, v).sum())
variant("1/2 lost", "kl_doubled", divergence=lambda m, v: 2 * kl(m, v).mean())
variant("wrong sign: it is added", "kl_negative", divergence=lambda m, v: -kl(m, v).mean())
variant("KL is divided by", "kl_per_pixel", divergence=lambda m, v: kl(m, v).mean() / 784)
variant("latent dimensions", "kl_averaged", divergence=lambda m, v: (kl(m, v) / m.shape[1]).mean())
variant("first sample only", "kl_of_the_first", divergence=lambda m, v: kl(m, v)[0])
variant("One value per sample", "kl_per_sample", divergence=kl)
variant("the KL is detached", "kl_item", divergence=lambda m, v: kl(m, v).mean().item())
variant("KL is missing", "no_kl", result=lambda e, d, w: e)
variant("cross-entropy is missing", "no_entropy", result=lambda e, d, w: w * d)

# the weight, and the whole

variant("loss is divided by", "per_pixel", result=lambda e, d, w: (e + w * d) / 784)
variant("kl_weight is ignored", "weight_ignored", result=lambda e, d, w: e + d)
variant("on the cross-entropy", "weight_on_the_entropy", result=lambda e, d, w: w * e + d)
variant("on both parts", "weight_on_both", result=lambda e, d, w: w * (e + d))
variant("divided by kl_weight", "weight_divides", result=lambda e, d, w: e + d / w if w else e)
variant(
    "add up to 1",
    "weights_of_a_mixture",
    result=lambda e, d, w: (1 - w) * e + w * d if w != 1 else e + d,
)
variant("0 counts as 1", "zero_taken_for_missing", result=lambda e, d, w: e + (w or 1.0) * d)
variant("detaches the loss", "loss_detached", result=lambda e, d, w: (e + w * d).detach())
variant("a tensor was expected", "a_float", result=lambda e, d, w: (e + w * d).item())
variant("forget a return", "no_return", result=lambda e, d, w: print(end=""))
variant("without dimensions", "one_entry", result=lambda e, d, w: (e + w * d)[None])


@wrong("cvae-loss/loss", "divide by the number of samples")
def summed(r, x, mu, logvar, kl_weight=1.0):
    return F.binary_cross_entropy(r, x, reduction="sum") + kl_weight * kl(mu, logvar).sum()


@wrong("cvae-loss/loss", "The cross-entropy is summed over the batch")
def entropy_summed(r, x, mu, logvar, kl_weight=1.0):
    return F.binary_cross_entropy(r, x, reduction="sum") + kl_weight * kl(mu, logvar).mean()


@wrong("cvae-loss/loss", "and the KL is summed")
def mean_over_pixels_and_kl_summed(r, x, mu, logvar, kl_weight=1.0):
    return F.binary_cross_entropy(r, x) + kl_weight * kl(mu, logvar).sum()


@wrong("cvae-loss/loss", "Both parts are means")
def means_of_everything(r, x, mu, logvar, kl_weight=1.0):
    divergence = -0.5 * torch.mean(1 + logvar - mu**2 - logvar.exp())
    return F.binary_cross_entropy(r, x) + kl_weight * divergence


@wrong("cvae-loss/loss", "its default is 1.0")
def default_of_one_half(r, x, mu, logvar, kl_weight=0.5):
    return in_one_line(r, x, mu, logvar, kl_weight)


@wrong("cvae-loss/loss", "missing 1 required positional argument")
def no_default(r, x, mu, logvar, kl_weight):
    return in_one_line(r, x, mu, logvar, kl_weight)


@wrong("cvae-loss/loss", "on a GPU")
def epsilon_on_the_cpu(r, x, mu, logvar, kl_weight=1.0):
    return in_one_line(r.clamp(torch.full((784,), 1e-6)), x, mu, logvar, kl_weight)


@wrong("cvae-loss/loss", "batch of one")
def divided_by_two_at_least(r, x, mu, logvar, kl_weight=1.0):
    return in_one_line(r, x, mu, logvar, kl_weight) * len(x) / max(2, len(x))


@wrong("cvae-loss/loss", "changes a tensor")
def clamps_in_place(r, x, mu, logvar, kl_weight=1.0):
    with torch.no_grad():
        r.clamp_(1e-6, 1 - 1e-6)
        x.clamp_(1e-6, 1 - 1e-6)
    return in_one_line(r, x, mu, logvar, kl_weight)

"""Hidden test of exercise cvae-loss/kl: cases, keys and the hidden criterion."""

import math

import torch
from torch.distributions import Normal, kl_divergence

from course_utils.evidence import Evidence
from course_utils.exercises.gradients import gradients
from course_utils.exercises.vae.cvae_loss_kl import MISTAKES
from course_utils.judging import Sheet
from hidden.common import RULES, expect_single, integer, mistakes_show


def draw(generator: torch.Generator) -> Evidence:
    case = _some_posteriors(generator)
    while not mistakes_show(solve(case), "kl", *MISTAKES.values()):
        case = _some_posteriors(generator)
    return case


def _some_posteriors(generator: torch.Generator) -> Evidence:
    batch, latent_dim = integer(generator, 6, 8), integer(generator, 3, 5)
    size = (batch, latent_dim)
    mu, logvar = (torch.randn(size, generator=generator) for _ in range(2))
    return {
        "seed": integer(generator, 0, 10**6),
        "mu": 1.5 * mu,
        "logvar": (1.5 * logvar - 0.5).clamp(-5, 4),
        "narrow mu": 1.5 * mu[:2],
        "narrow logvar": logvar[:2].tanh() / 2 - 8,
        "wide mu": 1.5 * mu[:3],
        "wide logvar": logvar[:3].tanh() + 9,
        "tiny mu": mu[:2],
        "tiny logvar": torch.full_like(mu[:2], -40.0),
    }


def kl(mu: torch.Tensor, logvar: torch.Tensor) -> torch.Tensor:
    """The divergence (B,), by PyTorch's own formula, in double precision."""
    mu, std = mu.double(), (logvar.double() / 2).exp()
    prior = Normal(torch.zeros_like(mu), torch.ones_like(std))
    return kl_divergence(Normal(mu, std), prior).sum(dim=1).float()


def solve(case: Evidence) -> Evidence:
    mu, logvar = case["mu"], case["logvar"]
    right, variance = kl(mu, logvar), logvar.exp()
    gradient, where = gradients(kl, mu, logvar), torch.arange(2 * mu.numel()) < mu.numel()

    def half(*terms: torch.Tensor) -> torch.Tensor:
        return sum(terms).sum(dim=1) / 2

    return {
        "kl": right,
        "negative": -right,
        "twice": 2 * right,
        "mean": right / mu.shape[1],
        "no 1": half(mu**2, variance, -logvar),
        "one 1": half(mu**2, variance, -logvar) - 0.5,
        "no logvar": half(mu**2, variance - 1),
        "minus mu": half(-(mu**2), variance - 1, -logvar),
        "per batch": right / len(mu),
        "plus logvar": half(mu**2, variance - 1, logvar),
        "no exp": half(mu**2, logvar - 1, -logvar),
        "std": half(mu**2, (logvar / 2).exp() - 1, -logvar),
        "variance squared": half(mu**2, variance**2 - 1, -logvar),
        "logstd": half(mu**2, variance**2 - 1, -2 * logvar),
        "std and logstd": half(mu**2, (logvar / 2).exp() - 1, -logvar / 2),
        "logvar squared": half(mu**2, logvar**2 - 1, -logvar),
        "mu": half(mu, variance - 1, -logvar),
        "no mu": half(variance - 1, -logvar),
        "bits": right / math.log(2),
        "reverse": half((1 + mu**2) / variance - 1, logvar),
        "gradient": gradient,
        "gradient mu": gradient * where,
        "gradient logvar": gradient * ~where,
        "narrow": kl(case["narrow mu"], case["narrow logvar"]),
        "wide": kl(case["wide mu"], case["wide logvar"]),
    }


def extra(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    with sheet.criterion(RULES, points=1):
        sheet.tensor("kl")
        expect_single(sheet.tensor("single"), key["kl"][:1])
        sheet.tidy()

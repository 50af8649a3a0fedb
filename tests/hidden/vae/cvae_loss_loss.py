"""Hidden test of exercise cvae-loss/loss: cases, keys and the hidden criterion."""

import torch
import torch.nn.functional as F

from course_utils.evidence import Evidence
from course_utils.exercises.gradients import gradients
from course_utils.exercises.vae.cvae_loss_loss import MISTAKES
from course_utils.exercises.vae.spy import as_pixels
from course_utils.judging import Sheet
from hidden.common import RULES, expect_single, integer, mistakes_show
from hidden.vae.cvae_loss_kl import kl

WIDTH = 14  # of the rows that the images repeat


def draw(generator: torch.Generator) -> Evidence:
    case = _some_batch(generator)
    while not _mistakes_show(solve(case)):
        case = _some_batch(generator)
    return case


def _mistakes_show(key: Evidence) -> bool:
    """Whether no mistake gives the right value, nor that of another mistake, by chance."""
    weights = ("weight on cross-entropy", "weight on both", "divided", "mixed")
    values = torch.stack([key[name] for name in ("loss", *MISTAKES.values())]).sort().values
    return (
        mistakes_show(key, "loss", *(set(MISTAKES.values()) - {"clamped"}))  # that is a small one
        and mistakes_show(key, "weighted", "loss", *weights)
        and bool((values.diff() > 3e-4 * values[1:].abs().clamp(min=1)).all())
    )


def _some_batch(generator: torch.Generator) -> Evidence:
    batch, latent_dim = integer(generator, 4, 6), integer(generator, 7, 9)
    original = torch.rand(batch, WIDTH, generator=generator)
    original[:, :2] = 0  # black, white and grey pixels, in any order
    original[:, 2:4] = 1
    original = original[:, torch.randperm(WIDTH, generator=generator)]
    noise = torch.rand(batch, WIDTH, generator=generator)
    certain = (torch.rand(batch, WIDTH, generator=generator) < 0.5).float()
    mu, logvar = (torch.randn(batch, latent_dim, generator=generator) for _ in range(2))
    return {
        "seed": integer(generator, 0, 10**6),
        "original": original,
        "reconstruction": 0.005 + 0.55 * original + 0.44 * noise,
        "mu": 5.5 * mu,
        "logvar": logvar,
        "kl_weight": integer(generator, 5, 8) / 2,
        "hit original": certain,
        "hit reconstruction": certain,
        "missed original": original,
        "missed reconstruction": certain,
    }


def solve(case: Evidence) -> Evidence:
    x, mu, logvar = (case[name] for name in ("original", "mu", "logvar"))
    r, weight, x = as_pixels(case["reconstruction"]), case["kl_weight"], as_pixels(x)
    entropies = F.binary_cross_entropy(r, x, reduction="none").sum(dim=1)
    kls = kl(mu, logvar)
    entropy, divergence, batch = entropies.mean(), kls.mean(), len(x)

    def loss(rows: torch.Tensor, *latents: torch.Tensor) -> torch.Tensor:
        entropies = F.binary_cross_entropy(as_pixels(rows), x, reduction="none").sum(dim=1)
        return (entropies + weight * kl(*latents)).mean()

    gradient = gradients(loss, case["reconstruction"], mu, logvar)
    of_rows = torch.arange(len(gradient)) < case["reconstruction"].numel()
    return {
        "loss": entropy + divergence,
        "mean over pixels": entropy / x.shape[1] + divergence,
        "squares over pixels": F.mse_loss(r, x) + divergence,
        "squares": (r - x).square().sum(dim=1).mean() + divergence,
        "absolute": (r - x).abs().sum(dim=1).mean() + divergence,
        "sum": batch * (entropy + divergence),
        "cross-entropy summed": batch * entropy + divergence,
        "kl summed": entropy + batch * divergence,
        "mean over pixels, kl summed": entropy / x.shape[1] + batch * divergence,
        "all means": entropy / x.shape[1] + divergence / mu.shape[1],
        "kl per pixel": entropy + divergence / x.shape[1],
        "per pixel": (entropy + divergence) / x.shape[1],
        "only cross-entropy": entropy,
        "only kl": divergence,
        "minus kl": entropy - divergence,
        "minus cross-entropy": divergence - entropy,
        "kl doubled": entropy + 2 * divergence,
        "kl averaged": entropy + divergence / mu.shape[1],
        "first kl": entropy + kls[0],
        "logits": F.binary_cross_entropy_with_logits(r, x, reduction="sum") / batch + divergence,
        "swapped": F.binary_cross_entropy(x, r, reduction="sum") / batch + divergence,
        "ones only": -(x * r.log()).sum() / batch + divergence,
        "rounded": F.binary_cross_entropy(r, x.round(), reduction="sum") / batch + divergence,
        "clamped": F.binary_cross_entropy(r.clamp(0.05, 0.95), x, reduction="sum") / batch
        + divergence,
        "weighted": entropy + weight * divergence,
        "weight on cross-entropy": weight * entropy + divergence,
        "weight on both": weight * (entropy + divergence),
        "divided": entropy + divergence / weight,
        "mixed": (1 - weight) * entropy + weight * divergence,
        "gradient": gradient,
        "gradient reconstruction": gradient * of_rows,
        "gradient latents": gradient * ~of_rows,
        "single": entropies[0] + weight * kls[0],
    }


def extra(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    with sheet.criterion(RULES, points=1):
        sheet.tensor("loss")
        expect_single(sheet.tensor("single"), key["single"])
        sheet.tidy()

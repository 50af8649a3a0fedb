"""Exercise cvae-loss, first part: the KL divergence."""

from collections.abc import Callable

import torch

from course_utils.evidence import Evidence, Recorder
from course_utils.exercises.gradients import gradients
from course_utils.faults import close, expect, expect_close, expect_shape
from course_utils.judging import Criterion, Sheet

HINTS = (
    "Try mu = 0 and logvar = 0: this is N(0, I) itself, so the divergence is 0. Then try mu = 1 "
    "and logvar = 0 with Z = 1: it is 0.5. Then mu = 0 and logvar = 2: about 2.19.",
    "The dimensions are independent, so their divergences add up: one number per sample, summed "
    "over dim=1. logvar is the log of the variance, so the variance is `logvar.exp()`.",
    "Per dimension it is half of `mu**2 + logvar.exp() - 1 - logvar`. Sum over dim=1.",
)

MISTAKES = {
    "The sign is wrong: a KL divergence is never negative.": "negative",
    "The factor 1/2 is lost.": "twice",
    "This is the mean over the Z dimensions: take their sum.": "mean",
    "The -1 is missing: each dimension has its own.": "no 1",
    "There is one -1 in all: each dimension has its own.": "one 1",
    "The - logvar is missing.": "no logvar",
    "mu**2 has the wrong sign: it is added.": "minus mu",
    "This is divided by the size of the batch: each sample has its own divergence.": "per batch",
    "The + logvar has the wrong sign: it is -logvar.": "plus logvar",
    "The variance is missing: it is logvar.exp(), not logvar.": "no exp",
    "The variance is logvar.exp(): here it is its root, the standard deviation.": "std",
    "The variance is logvar.exp(): here it is its square. logvar is not the log of the standard "
    "deviation.": "variance squared",
    "logvar is taken for the log of the standard deviation: it is that of the variance.": "logstd",
    "The standard deviation and its log stand where the variance and its log belong: these are "
    "logvar.exp() and logvar, without a half inside.": "std and logstd",
    "logvar is squared: the variance is logvar.exp().": "logvar squared",
    "mu is not squared.": "mu",
    "mu is missing.": "no mu",
    "The unit is bits: in nats the logarithm is the natural one.": "bits",
    "The two distributions are swapped: it is KL(N(mu, var) || N(0, I)).": "reverse",
}
"""Sentence -> the key's value."""


def probe(answer: Callable, case: Evidence) -> Evidence:
    mu, logvar = case["mu"], case["logvar"]
    run = Recorder(case["seed"])
    run("kl", answer, mu, logvar)
    run("single", answer, mu[:1], logvar[:1])
    run("gradient", gradients, answer, mu, logvar)
    for name in ("narrow", "wide", "tiny"):
        run(name, answer, case[f"{name} mu"], case[f"{name} logvar"])
    run.on_devices("kl", lambda to: answer(to(mu), to(logvar)))
    return run.evidence


def judge(case: Evidence, key: Evidence, evidence: Evidence) -> list[Criterion]:
    sheet = Sheet(evidence)
    with sheet.criterion("shape (B,): one number per sample", points=1):
        _divergence(case, sheet)
    with sheet.criterion("the KL divergence from N(0, I), in nats", points=2):
        _expect_value(_divergence(case, sheet), key)
    with sheet.criterion("the gradient with respect to mu and logvar", points=1):
        expect(
            close(sheet.tensor("kl"), key["kl"]),
            "The value is wrong, and so is the gradient: see above.",
        )
        expect_close(
            sheet.tensor("gradient"),
            key["gradient"],
            {
                "No gradient reaches mu and logvar: something detaches them (.detach(), .item(), "
                "no_grad, torch.tensor(...)).": torch.zeros_like(key["gradient"]),
                "No gradient reaches logvar: something detaches it.": key["gradient mu"],
                "No gradient reaches mu: something detaches it.": key["gradient logvar"],
            },
            "The value is right, but its gradient is not: look for detach, .item() or clamp.",
        )
    with sheet.criterion("also for very narrow and very wide distributions", points=1):
        _expect_extremes(sheet, key)
    sheet.gpu("kl", advice="make new tensors beside mu (torch.zeros_like, mu.new_zeros).")
    return sheet.criteria


def _divergence(case: Evidence, sheet: Sheet) -> torch.Tensor:
    """What the answer returned, if it is one number per sample; else a fault."""
    kl, (batch, latent_dim) = sheet.tensor("kl"), case["mu"].shape
    one = "One number for the whole batch: keep one per sample, .sum(dim=1)."
    known = {
        (): one,
        (1,): one,
        (latent_dim,): "Summed over the batch: sum over the Z dimensions, dim=1.",
        (batch, latent_dim): "One number per dimension: sum over dim=1.",
        (batch, 1): "There is a dimension too many: sum without keepdim.",
    }
    expect_shape(kl, (batch,), known)
    return kl


def _expect_value(kl: torch.Tensor, key: Evidence) -> None:
    expect(
        not kl.isnan().any(),
        "The divergence is nan: a log or a root of something negative? logvar may be negative, "
        "logvar.exp() never is.",
        key["kl"],
        kl,
    )
    expect_close(
        kl,
        key["kl"],
        {message: key[name] for message, name in MISTAKES.items()},
        "This is not KL(N(mu, var) || N(0, I)): it has a closed form, and no draws are needed.",
    )


def _expect_extremes(sheet: Sheet, key: Evidence) -> None:
    expect(close(sheet.tensor("kl"), key["kl"]), "It is wrong for ordinary values already.")
    for name in ("narrow", "wide"):
        bounded = (
            f"Wrong for a {name} distribution: something bounds logvar or the variance (a clamp, "
            "an epsilon). The formula needs neither."
        )
        expect_close(sheet.tensor(name), key[name], {}, bounded)
    tiny = sheet.tensor("tiny")
    expect(
        bool(tiny.isfinite().all()),
        "Not finite at logvar = -40: use logvar itself where the formula has the log of the "
        "variance.",
        "finite numbers",
        tiny,
    )

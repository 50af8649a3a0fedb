"""Exercise cvae-loss, second part: the loss of a conditional VAE."""

from collections.abc import Callable

import torch

from course_utils.evidence import Evidence, Recorder
from course_utils.exercises.gradients import gradients
from course_utils.exercises.vae.spy import PIXELS, as_pixels
from course_utils.faults import close, expect, expect_close, expect_shape
from course_utils.judging import Criterion, Sheet

HINTS = (
    "Set kl_weight to 0: what is left is the cross-entropy, a number in the hundreds for 784 "
    "pixels. If yours is below 1, you took a mean over the pixels. Then look at the batch: twice "
    "the same batch, one after the other, has the same loss.",
    "One number per sample first: the cross-entropy of its 784 pixels, summed, plus kl_weight "
    "times its KL divergence. Then the mean over the batch. `F.binary_cross_entropy` with "
    "`reduction='sum'` or `'none'` stays finite at 0 and 1.",
    "`F.binary_cross_entropy(reconstruction, original, reduction='sum') / len(original)` is the "
    "first part. Add `kl_weight * kl_divergence(mu, logvar).mean()`.",
)

MISTAKES = {
    "The cross-entropy is the mean over the pixels: sum them, then the KL counts as it should.": (
        "mean over pixels"
    ),
    "This is the mean squared error: take the binary cross-entropy.": "squares over pixels",
    "These are squared errors: take the binary cross-entropy.": "squares",
    "These are absolute errors: take the binary cross-entropy.": "absolute",
    "This is the sum over the batch: divide by the number of samples.": "sum",
    "The cross-entropy is summed over the batch and the KL is not: take the mean of both.": (
        "cross-entropy summed"
    ),
    "The KL is summed over the batch and the cross-entropy is not: take the mean of both.": (
        "kl summed"
    ),
    "The cross-entropy is the mean over the pixels, and the KL is summed over the batch: sum over "
    "the pixels, and take means over the batch.": "mean over pixels, kl summed",
    "Both parts are means over all their numbers: sum over the pixels and over the latent "
    "dimensions, and take means over the batch.": "all means",
    "The KL is divided by the number of pixels: only the batch gives a mean.": "kl per pixel",
    "The loss is divided by the number of pixels: only the batch gives a mean.": "per pixel",
    "The KL is missing.": "only cross-entropy",
    "The cross-entropy is missing.": "only kl",
    "The KL has the wrong sign: it is added.": "minus kl",
    "The cross-entropy has the wrong sign: it is never negative.": "minus cross-entropy",
    "The KL is twice as large as it should be: is its 1/2 lost?": "kl doubled",
    "The KL is the mean over the latent dimensions: take their sum.": "kl averaged",
    "The KL is that of the first sample only: take the mean over the batch.": "first kl",
    "The reconstruction went through a sigmoid once more: it holds probabilities, not logits.": (
        "logits"
    ),
    "The arguments of the cross-entropy are swapped: the reconstruction first, the original "
    "second.": "swapped",
    "Only half of the cross-entropy is there: -(1 - x) log(1 - r) is missing.": "ones only",
    "The original was rounded to 0 and 1: its grey values count as they are.": "rounded",
    "The reconstruction is clamped too far inside (0, 1): a bound of 1e-6 changes nothing "
    "else.": "clamped",
}
"""Sentence -> the key's value."""

ADVICE = {
    "between 0 and 1": "Which of the two is the reconstruction, and which the original?",
    "missing 1 required positional argument: 'kl_weight'": "It has a default: kl_weight=1.0.",
    "can be converted": "The KL has one number per sample: take its mean.",
}
"""What errors mean here: part of their text -> a sentence."""


def probe(answer: Callable, case: Evidence) -> Evidence:
    original, latents = as_pixels(case["original"]), (case["mu"], case["logvar"])
    reconstruction, weight = as_pixels(case["reconstruction"]), case["kl_weight"]
    run = Recorder(case["seed"])
    run("loss", answer, reconstruction, original, *latents, 1.0)
    run("default", answer, reconstruction, original, *latents)
    run("weighted", answer, reconstruction, original, *latents, weight)
    run("zero", answer, reconstruction, original, *latents, 0.0)
    run("single", answer, *(t[:1] for t in (reconstruction, original, *latents)), weight)

    def loss_of_rows(rows: torch.Tensor, *latents: torch.Tensor) -> torch.Tensor:
        return answer(as_pixels(rows), original, *latents, weight)

    run("gradient", gradients, loss_of_rows, case["reconstruction"], *latents)
    for name in ("hit", "missed"):
        certain = as_pixels(case[f"{name} reconstruction"])
        run(name, answer, certain, as_pixels(case[f"{name} original"]), *latents)
    run.on_devices(
        "loss", lambda to: answer(*map(to, (reconstruction, original, *latents)), weight)
    )
    return run.evidence


def judge(case: Evidence, key: Evidence, evidence: Evidence) -> list[Criterion]:
    sheet = Sheet(evidence, ADVICE)
    with sheet.criterion("cross-entropy summed over pixels plus KL, mean over the batch", points=2):
        _expect_value(sheet, key, len(case["mu"]))
    with sheet.criterion("kl_weight weighs the KL, and is 1.0 if it is not given", points=1):
        _expect_weights(sheet, key)
    with sheet.criterion("the gradient with respect to reconstruction, mu and logvar", points=1):
        _expect_gradient(sheet, key)
    with sheet.criterion("finite where the reconstruction is exactly 0 or 1", points=1):
        expect(close(sheet.tensor("loss"), key["loss"]), "It is wrong between 0 and 1 already.")
        for name in ("hit", "missed"):
            expect(
                bool(sheet.tensor(name).isfinite().all()),
                "Not finite where a pixel of the reconstruction is exactly 0 or 1: log(0) is -inf, "
                "and 0 * inf is nan. F.binary_cross_entropy bounds its logs; or clamp the "
                "reconstruction a little inside (0, 1).",
                "a finite loss",
                sheet.tensor(name),
            )
    sheet.gpu("loss", advice="make new tensors beside those that are handed over.")
    return sheet.criteria


def _expect_value(sheet: Sheet, key: Evidence, batch: int) -> None:
    loss = sheet.tensor("loss")
    per_sample = "One value per sample: the loss is one number, the mean over the batch."
    per_pixel = "One value per pixel: sum over the pixels, then take the mean over the batch."
    known = {(batch,): per_sample, (batch, 1): per_sample, (batch, PIXELS): per_pixel}
    known[(PIXELS,)] = per_pixel
    known[(1,)] = "The loss is one number, a tensor without dimensions."
    expect_shape(loss, (), known)
    expect(
        bool(loss.isfinite()),
        "The loss is not finite: is the log that of the original, which holds zeros and ones? It "
        "is the log of the reconstruction.",
        key["loss"],
        loss,
    )
    expect_close(
        loss,
        key["loss"],
        {message: key[name] for message, name in MISTAKES.items()},
        "This is not the mean over the batch of the summed cross-entropy plus the KL.",
    )


def _expect_weights(sheet: Sheet, key: Evidence) -> None:
    expect(
        close(sheet.tensor("loss"), key["loss"]),
        "With kl_weight 1.0 the loss is wrong, so this cannot be judged yet.",
    )
    expect_close(
        sheet.tensor("weighted"),
        key["weighted"],
        {
            "kl_weight is ignored.": key["loss"],
            "kl_weight is on the cross-entropy: it weighs the KL.": key["weight on cross-entropy"],
            "kl_weight is on both parts: it weighs the KL.": key["weight on both"],
            "The KL is divided by kl_weight.": key["divided"],
            "The weights of the two parts add up to 1: the cross-entropy counts in full.": key[
                "mixed"
            ],
        },
        "With another kl_weight than 1.0 the loss is wrong.",
    )
    expect_close(
        sheet.tensor("zero"),
        key["only cross-entropy"],
        {"kl_weight 0 counts as 1: 0 is False in an `if` or an `or`.": key["loss"]},
        "With kl_weight 0.0 the loss is wrong: the cross-entropy alone is left.",
    )
    message = "Without kl_weight the loss is wrong: its default is 1.0."
    expect_close(sheet.tensor("default"), key["loss"], {}, message)


def _expect_gradient(sheet: Sheet, key: Evidence) -> None:
    expect(
        close(sheet.tensor("weighted"), key["weighted"]),
        "The value is wrong, and so is the gradient: see above.",
    )
    expect_close(
        sheet.tensor("gradient"),
        key["gradient"],
        {
            "No gradient flows back: something detaches the loss (.detach(), .item(), no_grad, "
            "torch.tensor(...)).": torch.zeros_like(key["gradient"]),
            "No gradient reaches mu and logvar: the KL is detached (.detach(), .item()).": key[
                "gradient reconstruction"
            ],
            "No gradient reaches the reconstruction: it is detached.": key["gradient latents"],
        },
        "The value is right, but its gradient is not: look for detach, .item() or clamp.",
    )

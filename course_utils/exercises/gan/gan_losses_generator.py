"""Exercise gan-losses, second part: the generator's loss, non-saturating."""

from collections.abc import Callable

from course_utils.evidence import Evidence, Recorder
from course_utils.exercises.gan.gan_losses_discriminator import (
    ADVICE,
    expect_finite,
    expect_value,
)
from course_utils.exercises.gradients import expect_some_gradient, gradients
from course_utils.faults import expect_close
from course_utils.judging import Criterion, Sheet

HINTS = (
    "What does the generator want the discriminator to say about a fake? That is the target of "
    "this cross-entropy.",
    "It is the real half of the discriminator's loss, with fake logits in it, and not halved. "
    "-log D(fake) is what you want. log(1 - D(fake)) is another loss: it saturates while "
    "the discriminator wins.",
    "`F.binary_cross_entropy_with_logits(fake_logits, ...)` with targets of ones.",
)

MISTAKES = {
    "This is log(1 - D), the saturating loss: its gradient vanishes while the discriminator wins. "
    "Take the cross-entropy of fake → 1, -log D.": "saturating",
    "The target is 0: the generator wants its fakes to be called real, fake → 1.": "swapped",
    "The arguments are swapped: logits first, targets second.": "arguments swapped",
    "Halved: the generator's loss has one term only.": "halved",
    "This is the sum over the batch: take its mean.": "sum",
    "The logits went through a sigmoid and then into a loss that takes logits: one sigmoid too "
    "many.": "sigmoid twice",
    "The sign is wrong: a cross-entropy is never negative.": "negative",
    "The target is 1 here, not 0.9 (label smoothing).": "smoothed",
    "This is the least-squares loss of another GAN: take the binary cross-entropy.": "squares",
    "This is minus the mean of the logits, the loss of another GAN: take the binary "
    "cross-entropy.": "linear",
}


def probe(answer: Callable, case: Evidence) -> Evidence:
    fake = case["fake"]
    run = Recorder(case["seed"])
    run("loss", answer, fake)
    run("single", answer, fake[:1])
    run("extreme", answer, case["extreme fake"])
    run("gradient", gradients, answer, fake)
    run("extreme gradient", gradients, answer, case["extreme fake"])
    run.on_devices("loss", lambda to: answer(to(fake)))
    return run.evidence


def judge(case: Evidence, key: Evidence, evidence: Evidence) -> list[Criterion]:
    sheet = Sheet(evidence, ADVICE)
    with sheet.criterion("the mean cross-entropy of fake → 1", points=2):
        expect_value(sheet, key, MISTAKES, len(case["fake"]))
    with sheet.criterion("the gradient with respect to the logits", points=1):
        expect_some_gradient(sheet, key)
        message = "The value is right, but its gradient is not: look for detach, .item() or clamp."
        expect_close(sheet.tensor("gradient"), key["gradient"], {}, message)
    expect_finite(sheet, key)
    sheet.gpu("loss", advice="make the targets beside the logits (torch.ones_like).")
    return sheet.criteria

"""Exercise hinge-losses, first part: the discriminator's loss."""

from collections.abc import Callable

import torch

from course_utils.evidence import Evidence, Recorder
from course_utils.exercises.gradients import expect_gradient_in_both, gradients
from course_utils.faults import close, expect, expect_close, expect_shape
from course_utils.judging import Criterion, Sheet

HINTS = (
    "Try it by hand. A real logit of 3 and a fake logit of -3 are both beyond the margin: the loss "
    "is 0. A real logit of 0 and a fake logit of 0: the loss is 2. If yours is 1, it is halved.",
    "A real logit costs what it lacks up to 1. A fake logit costs what it has above -1. Beyond the "
    "margin nothing is paid back: this is what relu does, for each logit before any mean.",
    "`F.relu(1 - real_logits).mean()` is the real half. In the fake half the logits have the "
    "other sign. Add the two halves.",
)

MISTAKES = {
    "It is halved: the two means are added, without a factor.": "halved",
    "This is one mean over both batches together: each batch has its own mean.": "concatenated",
    "This is the sum over a batch: take its mean.": "sum",
    "Real and fake are swapped, or the two signs: it is 1 - real and 1 + fake.": "swapped",
    "The fake logits have the wrong sign: it is 1 + fake, so that they are pushed below -1.": (
        "both up"
    ),
    "The real logits have the wrong sign: it is 1 - real, so that they are pushed above 1.": (
        "both down"
    ),
    "The relu is missing, or it comes too late: each logit has its own, before the mean.": (
        "no relu"
    ),
    "The relu comes after the mean: each logit has its own relu, then take the mean.": (
        "relu of means"
    ),
    "The margin is missing: it is 1 - real and 1 + fake inside of the relu.": "no margin",
    "The signs inside of the relu are turned: a logit costs what it lacks, 1 - real and "
    "1 + fake.": "turned",
    "The sign is wrong: this loss is never negative.": "negative",
    "The fake logits are missing.": "only real",
    "The real logits are missing.": "only fake",
    "The fake half is subtracted: add the two.": "difference",
    "This is the binary cross-entropy: a hinge is a relu.": "entropies",
    "This is half the sum of two binary cross-entropies: a hinge is a relu.": "half entropies",
    "The hinges are squared: take them as they are.": "squares",
    "This is a softplus: a hinge is a relu, exactly 0 beyond the margin.": "softplus",
    "The logits went through a sigmoid: take them as they are.": "sigmoid",
    "This is the difference of the two means, the loss of a Wasserstein GAN: the hinges are "
    "missing.": "linear",
}
"""Sentence -> the key's value."""

ADVICE = {
    "must match the size": "The two batches may differ in size: take each mean before you add.",
    "expects each tensor to be equal size": "The two batches may differ in size: take each mean "
    "before you add.",
    "Boolean value of Tensor": "Python's max compares whole tensors: F.relu(...) or "
    ".clamp(min=0) works on each entry.",
    "max() received an invalid combination": "torch.max(a, b) wants two tensors: F.relu(...) or "
    ".clamp(min=0) needs no zeros.",
    "must be Tensor, not float": "A tensor was expected there: .item() makes a float of it.",
}
"""What errors mean here: part of their text -> a sentence."""


def probe(answer: Callable, case: Evidence) -> Evidence:
    real, fake = case["real"], case["fake"]
    beyond = case["beyond real"], case["beyond fake"]
    run = Recorder(case["seed"])
    run("loss", answer, real, fake)
    run("far", answer, 100 * real, 100 * fake)
    run("single", answer, real[:1], fake[:1])
    run("gradient", gradients, answer, real, fake)
    run("beyond", answer, *beyond)
    run("beyond gradient", gradients, answer, *beyond)
    run.on_devices("loss", lambda to: answer(to(real), to(fake)))
    return run.evidence


def judge(case: Evidence, key: Evidence, evidence: Evidence) -> list[Criterion]:
    sheet = Sheet(evidence, ADVICE)
    with sheet.criterion("mean relu(1 - real) plus mean relu(1 + fake)", points=2):
        otherwise = "This is not mean relu(1 - real) + mean relu(1 + fake)."
        expect_value(sheet, key, MISTAKES, otherwise, len(case["real"]), len(case["fake"]))
    with sheet.criterion("the gradient with respect to both batches", points=1):
        expect_gradient_in_both(sheet, key)
    with sheet.criterion("beyond the margin: no loss and no gradient", points=1):
        _expect_nothing_beyond(sheet)
    sheet.gpu("loss", advice="F.relu and .clamp(min=0) need no tensor of zeros.")
    return sheet.criteria


def expect_value(
    sheet: Sheet, key: Evidence, mistakes: dict[str, str], otherwise: str, *sizes: int
) -> None:
    """Raise a `Fault` unless the loss is right.

    ``mistakes`` maps a sentence to the name of the key's value; ``sizes`` are the batches' sizes.
    """
    loss = sheet.tensor("loss")
    per_sample = "One value per sample: the loss is one number, the mean over the batch."
    known = {shape: per_sample for n in sizes for shape in ((n, 1), (n,))}
    known |= dict.fromkeys(((1,), (1, 1)), "The loss is one number, a tensor without dimensions.")
    expect_shape(loss, (), known)
    values = {message: key[mistake] for message, mistake in mistakes.items()}
    expect_close(loss, key["loss"], values, otherwise)
    bounded = "For large logits this is another loss: leave out what bounds it, such as a clamp."
    expect_close(sheet.tensor("far"), key["far"], {}, bounded)


def _expect_nothing_beyond(sheet: Sheet) -> None:
    loss, gradient = sheet.tensor("beyond"), sheet.tensor("beyond gradient")
    expect(
        bool(sheet.tensor("gradient").any()),
        "No gradient reaches any logit, so this cannot be judged yet.",
    )
    message = (
        "All real logits are above 1 and all fake ones below -1: here the discriminator has "
        "nothing left to learn, and the {} is 0. Relu does that, for each logit."
    )
    for name, value in (("loss", loss), ("gradient", gradient)):
        expect(close(value, torch.zeros_like(value)), message.format(name), 0, value)

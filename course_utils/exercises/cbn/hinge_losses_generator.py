"""Exercise hinge-losses, second part: the generator's loss."""

from collections.abc import Callable

from course_utils.evidence import Evidence, Recorder
from course_utils.exercises.cbn.hinge_losses_discriminator import ADVICE, expect_value
from course_utils.exercises.gradients import expect_some_gradient, gradients
from course_utils.faults import expect_close
from course_utils.judging import Criterion, Sheet

HINTS = (
    "Raise one fake logit by 1 and compute the loss again. It should fall, by the same amount "
    "wherever the logit was before.",
    "The generator wants high logits for its fakes. Its loss has no margin and no relu: those "
    "belong to the discriminator, which stops at the margin. The generator never stops.",
    "It is the mean of the logits with a minus in front.",
)

MISTAKES = {
    "The minus is missing: a step would push the fake logits down, and the generator wants them "
    "high.": "plus",
    "This is the sum over the batch: take its mean.": "sum",
    "This is mean relu(1 - fake): the generator's loss has no hinge, it is linear.": "hinge",
    "This is mean relu(1 + fake), the discriminator's half: the generator wants the opposite.": (
        "discriminator's"
    ),
    "This is minus the discriminator's half: the generator's loss has no hinge, it is linear.": (
        "minus discriminator's"
    ),
    "This is mean relu(-fake): the generator's loss has no relu, so that a high logit still "
    "counts.": "relu",
    "The relu cuts off negative logits: the generator's loss has none, and they count most.": (
        "minus relu"
    ),
    "This is 1 - mean: the generator's loss has no margin.": "margin",
    "It is halved: the generator's loss has one term only.": "halved",
    "This is the binary cross-entropy: here the loss is linear.": "entropy",
    "The logits went through a sigmoid: take them as they are.": "sigmoid",
    "The logits went through a tanh: take them as they are.": "tanh",
    "This is the least-squares loss of another GAN: here the loss is linear.": "squares",
}
"""Sentence -> the key's value."""


def probe(answer: Callable, case: Evidence) -> Evidence:
    fake = case["fake"]
    run = Recorder(case["seed"])
    run("loss", answer, fake)
    run("far", answer, -100 * fake)
    run("single", answer, fake[:1])
    run("gradient", gradients, answer, fake)
    run.on_devices("loss", lambda to: answer(to(fake)))
    return run.evidence


def judge(case: Evidence, key: Evidence, evidence: Evidence) -> list[Criterion]:
    sheet = Sheet(evidence, ADVICE)
    with sheet.criterion("minus the mean of the fake logits", points=2):
        otherwise = "This is not minus the mean of the fake logits."
        expect_value(sheet, key, MISTAKES, otherwise, len(case["fake"]))
    with sheet.criterion("the same gradient for every logit, also beyond the margin", points=1):
        expect_some_gradient(sheet, key)
        message = "The value is right, but its gradient is not -1/B for every logit: look for relu."
        expect_close(sheet.tensor("gradient"), key["gradient"], {}, message)
    sheet.gpu("loss", advice="this loss needs no new tensor.")
    return sheet.criteria

"""Exercise gan-losses, first part: the discriminator's loss."""

from collections.abc import Callable

from course_utils.evidence import Evidence, Recorder
from course_utils.exercises.gradients import expect_gradient_in_both, gradients
from course_utils.faults import close, expect, expect_close, expect_shape
from course_utils.judging import Criterion, Sheet

HINTS = (
    "Which criterion fails? If the value is right on ordinary logits and the loss fails at ±1e4, "
    "a sigmoid has rounded to 0 or 1 before its log was taken.",
    "Each of the two batches has its own mean cross-entropy: target 1 for the real logits, "
    "target 0 for the fake ones. The loss is half of their sum. A function of PyTorch takes "
    "the logits as they are: look for `with_logits`.",
    "`F.binary_cross_entropy_with_logits(real_logits, torch.ones_like(real_logits))` is the real "
    "half. The fake half has `zeros_like`. Add them and divide by 2.",
)

MISTAKES = {
    "The sum is not halved: the loss is the mean of the two cross-entropies.": "not halved",
    "The targets are swapped: real → 1, fake → 0.": "swapped",
    "The arguments are swapped: logits first, targets second.": "arguments swapped",
    "The fake logits have the target 1: that is the generator's wish, here it is 0.": "both real",
    "This is one mean over both batches together: each batch has its own mean, and the two count "
    "the same.": "concatenated",
    "This is the sum over a batch: take its mean.": "sum",
    "The logits went through a sigmoid and then into a loss that takes logits: one sigmoid too "
    "many.": "sigmoid twice",
    "The fake logits are missing.": "only real",
    "The real logits are missing.": "only fake",
    "The sign is wrong: a cross-entropy is never negative.": "negative",
    "Real images have the target 1 here, not 0.9 (label smoothing).": "smoothed",
    "This is the least-squares loss of another GAN: take the binary cross-entropy.": "squares",
}

ADVICE = {
    "between 0 and 1": "F.binary_cross_entropy takes probabilities, and these are logits: use "
    "F.binary_cross_entropy_with_logits.",
    "must match the size": "Two batch sizes meet: make each target from the logits that it meets, "
    "whatever the size of the batch, and take each mean before you add.",
    "arget size": "The targets have the shape of the logits that they are compared with, whatever "
    "the size of the batch: torch.ones_like(...).",
    "has no attribute 'size'": "The target is a tensor like the logits: torch.ones_like(logits).",
}
"""What errors mean here: part of their text -> a sentence."""


def probe(answer: Callable, case: Evidence) -> Evidence:
    real, fake = case["real"], case["fake"]
    run = Recorder(case["seed"])
    run("loss", answer, real, fake)
    run("single", answer, real[:1], fake[:1])
    run("extreme", answer, case["extreme real"], case["extreme fake"])
    run("gradient", gradients, answer, real, fake)
    run("extreme gradient", gradients, answer, case["extreme real"], case["extreme fake"])
    run.on_devices("loss", lambda to: answer(to(real), to(fake)))
    return run.evidence


def judge(case: Evidence, key: Evidence, evidence: Evidence) -> list[Criterion]:
    sheet = Sheet(evidence, ADVICE)
    with sheet.criterion("half the sum of the two mean cross-entropies", points=2):
        expect_value(sheet, key, MISTAKES, len(case["real"]), len(case["fake"]))
    with sheet.criterion("the gradient with respect to both batches", points=1):
        expect_gradient_in_both(sheet, key)
    expect_finite(sheet, key)
    sheet.gpu("loss", advice="make the targets beside the logits (torch.ones_like).")
    return sheet.criteria


def expect_value(sheet: Sheet, key: Evidence, mistakes: dict[str, str], *sizes: int) -> None:
    """Raise a `Fault` unless the loss of ordinary logits is right.

    ``mistakes`` maps a sentence to the name of the key's value; ``sizes`` are the batches' sizes.
    """
    loss = sheet.tensor("loss")
    per_sample = "One value per sample: the loss is one number, the mean over the batch."
    expect_shape(loss, (), {shape: per_sample for n in sizes for shape in ((n, 1), (n,))})
    expect(
        not loss.isnan().any(),
        "The loss is nan: a log of something negative? Logits are not probabilities.",
        key["loss"],
        loss,
    )
    expect_close(
        loss,
        key["loss"],
        {message: key[mistake] for message, mistake in mistakes.items()},
        "This is not the binary cross-entropy asked for.",
    )


def expect_finite(sheet: Sheet, key: Evidence) -> None:
    """Two criteria: the value and the gradient for logits of ±1e4."""
    with sheet.criterion("the loss is finite and right for logits of ±1e4", points=1):
        loss = sheet.tensor("loss")
        extreme = sheet.tensor("extreme")
        expect(
            bool(extreme.isfinite().all()),
            "At ±1e4 the loss is not finite: there the sigmoid is exactly 0 or 1 (and exp "
            "overflows). Use a formula that takes the logits: binary_cross_entropy_with_logits, "
            "softplus or logsigmoid.",
            key["extreme"],
            extreme,
        )
        expect(close(loss, key["loss"]), "The loss is wrong for ordinary logits already.")
        message = (
            "At ±1e4 the loss is finite, but too small: something clamps it, such as an epsilon "
            "in the log, a clamp, or F.binary_cross_entropy, whose log ends at -100."
        )
        expect_close(extreme, key["extreme"], {}, message)
    with sheet.criterion("the gradient is finite and right for logits of ±1e4", points=1):
        loss = sheet.tensor("loss")
        gradient = sheet.tensor("extreme gradient")
        expect(
            bool(gradient.isfinite().all()),
            "At ±1e4 the gradient is not finite: use a formula that takes the logits.",
            key["extreme gradient"],
            gradient,
        )
        expect(close(loss, key["loss"]), "The loss is wrong for ordinary logits already.")
        expect(
            bool(gradient.any()),
            "At ±1e4 the gradient is lost: where the network is most wrong, the sigmoid is flat, "
            "or a clamp or an epsilon stops the log. Use a formula that takes the logits.",
            key["extreme gradient"],
            gradient,
        )
        message = "At ±1e4 the gradient is not that of the cross-entropy."
        expect_close(gradient, key["extreme gradient"], {}, message)

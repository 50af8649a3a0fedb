"""Exercise class-weights, second part: the weighted cross-entropy."""

from collections.abc import Callable

import torch

from course_utils.evidence import Evidence, Recorder
from course_utils.faults import close, expect_close, expect_shape
from course_utils.judging import Criterion, Sheet

HINTS = (
    "Give all classes the weight 1: the result must be the plain mean. Then give them all "
    "the weight 2: it must not change. Does it?",
    "You need one number per sample: its nll and its weight. `weights[targets]` is the "
    "second. For the first, take the log-softmax of the logits and pick the target's "
    "column.",
    "`-logits.log_softmax(1)` has all columns; `.gather(1, targets[:, None])[:, 0]` picks "
    "one per row. Multiply by the samples' weights, sum, and divide by the sum of the "
    "samples' weights.",
)


MISTAKES = {
    "Divided by the number of samples: divide by the sum of their weights.": "/ B",
    "Not divided by the sum of the weights.": "sum",
    "The weights are not used: this is the plain mean.": "plain",
    "The sign is wrong: nll is minus the log-probability.": "negative",
    "Divided by the sum over classes: sum the weights of the samples' targets.": "/ all",
    "The weights were looked up with the wrong index: take weights[targets].": "wrong index",
    "The logits went through softmax twice: cross-entropy takes raw logits.": "twice",
}


def probe(answer: Callable, case: Evidence) -> Evidence:
    logits, targets, weights = case["logits"], case["targets"], case["weights"]
    run = Recorder(case["seed"])
    run("loss", answer, logits, targets, weights)
    run("single", answer, logits[:1], targets[:1], weights)
    leaf = logits.clone().requires_grad_()
    run("gradient", lambda: _gradient(answer(leaf, targets, weights), leaf))
    run.on_devices("loss", lambda to: answer(to(logits), to(targets), to(weights)))
    return run.evidence


def _gradient(loss: torch.Tensor, leaf: torch.Tensor) -> torch.Tensor:
    if not loss.requires_grad:
        return torch.zeros_like(leaf)
    return torch.autograd.grad(loss, leaf, materialize_grads=True)[0]


def judge(case: Evidence, key: Evidence, evidence: Evidence) -> list[Criterion]:
    sheet = Sheet(evidence)
    with sheet.criterion("sum of w * nll over sum of w", points=2):
        expect_shape(
            sheet.tensor("loss"),
            (),
            {tuple(case["targets"].shape): "One value per sample: the loss is one number."},
        )
        expect_close(
            sheet.tensor("loss"),
            key["loss"],
            {message: key[mistake] for message, mistake in MISTAKES.items()},
            "This is not the weighted mean of the negative log-likelihoods.",
        )
    with sheet.criterion("the gradient with respect to the logits", points=1):
        sheet.tensor("loss")
        right = close(sheet.tensor("loss"), key["loss"])
        expect_close(
            sheet.tensor("gradient"),
            key["gradient"],
            {
                "No gradient reaches the logits: something detaches them (.detach(), .item(), "
                "no_grad).": torch.zeros_like(key["gradient"])
            },
            "The value is right, but part of it is detached."
            if right
            else "The value is wrong, and so is the gradient: see above.",
        )
    sheet.gpu("loss")
    return sheet.criteria

"""Exercise class-weights, second part: the weighted cross-entropy."""

from collections.abc import Callable

import torch

from course_utils.evidence import Evidence, Recorder
from course_utils.judging import Criterion, Sheet, expect_close, expect_shape

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


def probe(answer: Callable, case: Evidence) -> Evidence:
    logits, targets, weights = case["logits"], case["targets"], case["weights"]
    run = Recorder(case["seed"])
    run("loss", answer, logits, targets, weights)
    run("single", answer, logits[:1], targets[:1], weights)

    def gradient() -> torch.Tensor:
        leaf = logits.clone().requires_grad_()
        return torch.autograd.grad(answer(leaf, targets, weights), leaf)[0]

    run("gradient", gradient)
    run.on_devices("loss", lambda to: answer(to(logits), to(targets), to(weights)))
    return run.evidence


def judge(case: Evidence, key: Evidence, evidence: Evidence) -> list[Criterion]:
    sheet = Sheet(evidence)
    with sheet.criterion("sum of w * nll over sum of w", points=2):
        expect_shape(
            sheet.tensor("loss"),
            (),
            {(len(case["targets"]),): "One value per sample: the loss is one number."},
        )
        expect_close(
            sheet.tensor("loss"),
            key["loss"],
            {
                "Divided by the number of samples: divide by the sum of their weights.": key["/ B"],
                "Not divided by the sum of the weights.": key["sum"],
                "The weights are not used: this is the plain mean.": key["plain"],
                "The sign is wrong: nll is minus the log-probability.": -key["loss"],
                "Divided by the sum of all class weights: sum the weights of the batch's targets.": (
                    key["/ all"]
                ),
                "The weights were looked up with the wrong index: take weights[targets].": key[
                    "wrong index"
                ],
                "The logits went through softmax twice: cross-entropy takes raw logits.": key[
                    "twice"
                ],
            },
            "This is not the weighted mean of the negative log-likelihoods.",
        )
    with sheet.criterion("the gradient with respect to the logits", points=1):
        expect_close(
            sheet.tensor("gradient"),
            key["gradient"],
            {},
            "The gradient is not that of the weighted mean.",
        )
    sheet.gpu("loss")
    return sheet.criteria

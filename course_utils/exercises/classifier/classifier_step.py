"""Exercise classifier-step: one training step."""

from collections.abc import Callable

import torch
from torch import nn

from course_utils.evidence import Evidence, Recorder
from course_utils.exercises.steps import flat
from course_utils.faults import close, expect, expect_close
from course_utils.judging import Criterion, Sheet

HINTS = (
    "Which criterion fails: the number that you return, or the parameters afterwards? If "
    "the first step is right and the second is not, something is left from the first.",
    "The five stations of a step: training mode, clear old gradients, loss, backward, "
    "optimizer step. The order matters: clearing between backward and the step leaves "
    "nothing to step on.",
    "`model.train()`, `optimizer.zero_grad()`, `loss = F.cross_entropy(..., "
    "weight=weights)`, then the two calls that go backward and step. `loss.item()` is a "
    "Python float.",
)

LOSS_MISTAKES = {
    "This is the loss after the step: compute it once, before.": "loss after",
    "This is the sum over the batch: the loss is the mean.": "loss sum",
    "The logits went through softmax first: cross-entropy takes raw logits.": "loss softmax",
}
STEP_MISTAKES = {
    "The parameters did not move: backward() and optimizer.step() are both needed, and no "
    "zero_grad() between them.": "before",
    "Two steps were taken.": "after twice",
    "optimizer.step() was called twice on one gradient.": "step twice",
    "The step was taken uphill: the loss has the wrong sign.": "uphill",
    "The step is B times too long: the loss is the mean over the batch, not the sum.": "after sum",
}
"""Sentence -> the key's value."""


class Linear(nn.Module):
    """A linear classifier with a table per condition; it notes in which mode it was called."""

    def __init__(self, case: Evidence) -> None:
        super().__init__()
        self.weight = nn.Parameter(case["weight"].clone())
        self.table = nn.Parameter(case["table"].clone())
        self.bias = nn.Parameter(torch.zeros(self.weight.shape[1]))
        self.inner = nn.Dropout(0.0)
        self.modes: list[bool] = []

    def forward(self, x: torch.Tensor, condition: torch.Tensor, /) -> torch.Tensor:
        self.modes.append(self.training and self.inner.training)
        return self.inner(x @ self.weight) + self.table[condition] + self.bias


def probe(answer: Callable, case: Evidence) -> Evidence:
    x, condition, targets = case["x"], case["condition"], case["targets"]
    run = Recorder(case["seed"])

    def steps(name: str, *weights: torch.Tensor, rows: int = len(x), stale: bool = False) -> None:
        model = Linear(case).eval()
        optimizer = torch.optim.SGD(model.parameters(), case["lr"], case["momentum"])
        for parameter in model.parameters():
            parameter.grad = torch.ones_like(parameter) if stale else None
        batch = x[:rows], condition[:rows], targets[:rows]
        run(name, answer, model, optimizer, *batch, *weights)
        run(f"{name} after", flat, model)
        run.evidence[f"{name} trained"] = bool(model.modes) and all(model.modes)
        run(f"{name} twice", answer, model, optimizer, *batch, *weights)
        run(f"{name} after twice", flat, model)

    steps("loss")
    steps("stale", stale=True)
    steps("weighted", case["weights"])
    steps("single", rows=1)

    def on(to: Callable) -> torch.Tensor | None:
        model = to(Linear(case))
        optimizer = torch.optim.SGD(model.parameters(), case["lr"])
        tensors = [to(t) for t in (x, condition, targets, case["weights"])]
        loss = answer(model, optimizer, *tensors)
        return None if loss is None else model.bias.detach()  # is it where it was?

    run.on_devices("loss", on)
    return run.evidence


def judge(case: Evidence, key: Evidence, evidence: Evidence) -> list[Criterion]:
    sheet = Sheet(evidence)
    with sheet.criterion("returns the loss before the step, as a Python float", points=1):
        expect_close(
            sheet.number("loss"),
            key["loss"],
            {message: key[mistake] for message, mistake in LOSS_MISTAKES.items()},
            "This is not the cross-entropy of the model on the batch.",
        )
    with sheet.criterion("one optimizer step on the mean cross-entropy", points=2):
        sheet.expect_no_error("loss")
        expect_close(
            sheet.tensor("loss after"),
            key["after"],
            {message: key[mistake] for message, mistake in STEP_MISTAKES.items()},
            "The parameters after the step are not those of one step on the loss.",
        )
    with sheet.criterion("no gradient from earlier calls, the optimizer keeps its state", points=1):
        _expect_clean_gradients(sheet, key)
    with sheet.criterion("weights are used when they are given", points=1):
        expect_close(
            sheet.number("weighted"),
            key["weighted"],
            {
                "The weights are ignored.": key["loss"],
                "Divided by the number of samples: divide by the sum of their weights.": key["/ B"],
            },
            "With weights the loss is not the weighted mean.",
        )
        expect_close(
            sheet.tensor("weighted after"),
            key["weighted after"],
            {"The step ignores the weights.": key["after"]},
            "With weights the step is not one on the weighted loss.",
        )
    with sheet.criterion("the model is in training mode during the step", points=1):
        sheet.expect_no_error("loss")
        expect(
            bool(evidence.get("loss trained")),
            "The model was asked in eval mode: call model.train(), and use that forward pass for "
            "both the step and the loss that you return.",
        )
    sheet.gpu("loss")
    return sheet.criteria


def _expect_clean_gradients(sheet: Sheet, key: Evidence) -> None:
    sheet.expect_no_error("stale")
    expect(
        close(sheet.tensor("loss after"), key["after"]),
        "The step itself is wrong, so this cannot be judged yet.",
    )
    message = "Gradients of earlier calls are still in the step: optimizer.zero_grad() first."
    expect_close(sheet.tensor("stale after"), key["after"], {}, message)
    expect_close(
        sheet.tensor("loss after twice"),
        key["after twice"],
        {"The second step went nowhere.": key["after"]},
        "The second step is not that of the same optimizer: clear the gradients, and use the "
        "optimizer that is handed over, which remembers (momentum).",
    )

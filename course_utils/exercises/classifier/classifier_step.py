"""Exercise classifier-step: one training step."""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from course_utils.evidence import Evidence, Recorder
from course_utils.judging import Criterion, Sheet, expect, expect_close

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


class Linear(nn.Module):
    """A linear classifier with a table per condition; it notes in which mode it was called."""

    def __init__(self, case: Evidence) -> None:
        super().__init__()
        self.weight = nn.Parameter(case["weight"].clone())
        self.table = nn.Parameter(case["table"].clone())
        self.modes: list[bool] = []

    def forward(self, x: torch.Tensor, condition: torch.Tensor) -> torch.Tensor:
        self.modes.append(self.training)
        return x @ self.weight + self.table[condition]

    def flat(self) -> torch.Tensor:
        return torch.cat([self.weight.detach().flatten(), self.table.detach().flatten()])


def probe(answer: Callable, case: Evidence) -> Evidence:
    x, condition, targets = case["x"], case["condition"], case["targets"]
    run = Recorder(case["seed"])

    def step(name: str, weights: torch.Tensor | None, stale: bool = False) -> None:
        model = Linear(case).eval()
        optimizer = torch.optim.SGD(model.parameters(), lr=case["lr"])
        if stale:
            for parameter in model.parameters():
                parameter.grad = torch.ones_like(parameter)
        extra = () if weights is None else (weights,)
        run(name, answer, model, optimizer, x, condition, targets, *extra)
        run(f"{name} after", model.flat)
        run.evidence[f"{name} trained"] = bool(model.modes) and all(model.modes)
        run(f"{name} twice", answer, model, optimizer, x, condition, targets, *extra)
        run(f"{name} after twice", model.flat)

    step("loss", None)
    step("stale", None, stale=True)
    step("weighted", case["weights"])

    def on(to: Callable) -> Any:
        model = to(Linear(case))
        optimizer = torch.optim.SGD(model.parameters(), lr=case["lr"])
        tensors = [to(t) for t in (x, condition, targets, case["weights"])]
        return answer(model, optimizer, *tensors)

    run.on_devices("loss", on)
    return run.evidence


def judge(case: Evidence, key: Evidence, evidence: Evidence) -> list[Criterion]:
    sheet = Sheet(evidence)
    with sheet.criterion("returns the loss before the step, as a Python float", points=1):
        expect_close(
            sheet.number("loss"),
            key["loss"],
            {
                "This is the loss after the step: compute it once, before.": key["loss after"],
                "This is the sum over the batch: the loss is the mean.": key["loss sum"],
            },
            "This is not the cross-entropy of the model on the batch.",
        )
    with sheet.criterion("one optimizer step on the mean cross-entropy", points=2):
        sheet.number("loss")
        expect_close(
            sheet.tensor("loss after"),
            key["after"],
            {
                "The parameters did not move: backward() and optimizer.step() are both needed.": (
                    key["before"]
                ),
                "Two steps were taken.": key["after twice"],
                "The step was taken uphill: the loss has the wrong sign.": key["uphill"],
                "The step is B times too long: the loss is the mean over the batch, not the "
                "sum.": key["after sum"],
            },
            "The parameters after the step are not those of one step on the loss.",
        )
    with sheet.criterion("no gradient from earlier calls", points=1):
        sheet.number("stale")
        message = "Gradients of earlier calls are still in the step: optimizer.zero_grad() first."
        for name, wanted in (
            ("stale after", "after"),
            ("stale after twice", "after twice"),
            ("loss after twice", "after twice"),
        ):
            expect_close(sheet.tensor(name), key[wanted], {}, message)
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
        sheet.number("loss")
        expect(
            bool(evidence.get("loss trained")),
            "The model came in eval mode and was trained in it: call model.train() first.",
        )
    sheet.gpu("loss")
    return sheet.criteria

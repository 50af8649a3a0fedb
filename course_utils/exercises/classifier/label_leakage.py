"""Exercise label-leakage: accuracy with the rows of x permuted."""

from collections.abc import Callable

import torch
from torch import nn

from course_utils.evidence import Evidence, Recorder
from course_utils.judging import Criterion, Sheet, expect, expect_close

HINTS = (
    "The check records what your model was asked about. Compare: are the rows of x in a "
    "new order, is each of them there once, and did the condition stay?",
    "`torch.randperm(n, generator=generator)` is a permutation of 0 ... n-1, on the CPU, "
    "and x[order] has its rows in that order. For the mode: `model.training` tells it, "
    "`model.train(...)` sets it back, and `try ... finally` does so whatever happens.",
    "Remember `model.training`; call `model.eval()`; in a `try` under `torch.no_grad()` "
    "take `model(x[order], condition).argmax(1)`; in `finally` call "
    "`model.train(remembered)`; return the mean of `predictions == targets`, as a float, "
    "with `.item()`.",
)


class Spy(nn.Module):
    """A classifier that writes down what it is asked: class = (number in x + condition) mod K."""

    def __init__(self, num_classes: int, fails: bool = False) -> None:
        super().__init__()
        self.num_classes = num_classes
        self.fails = fails
        self.inner = nn.Dropout(0.5)
        self.scale = nn.Parameter(torch.ones(()))
        self.rows, self.conditions = [], []
        self.trained = self.recorded = False

    def forward(self, x: torch.Tensor, condition: torch.Tensor) -> torch.Tensor:
        if self.fails:
            raise RuntimeError("the model fails on purpose, to see whether its mode is restored")
        number = x.flatten(1)[:, 0]
        self.rows.append(number.detach().cpu())
        self.conditions.append(condition.detach().cpu())
        self.trained |= self.training or self.inner.training
        self.recorded |= torch.is_grad_enabled()
        classes = (number.long() + condition) % self.num_classes
        return self.scale * nn.functional.one_hot(classes, self.num_classes).float()


def probe(answer: Callable, case: Evidence) -> Evidence:
    x, condition, targets = case["x"], case["condition"], case["targets"]
    num_classes = case["num_classes"]
    run = Recorder(case["seed"])

    def ask(name: str, images: torch.Tensor, seed: int | None, training: bool = False) -> None:
        spy = Spy(num_classes).train(training)
        generator = None if seed is None else torch.Generator().manual_seed(seed)
        run(name, answer, spy, images, condition, targets, generator)
        if spy.rows:
            run(f"{name} rows", torch.cat, spy.rows)
            run(f"{name} conditions", torch.cat, spy.conditions)
        run.evidence[f"{name} trained"] = spy.trained
        run.evidence[f"{name} recorded"] = spy.recorded
        kept = spy.training == training and spy.inner.training == training
        run.evidence[f"{name} mode kept"] = kept

    ask("accuracy", x, seed=1)
    ask("same seed", x, seed=1, training=True)
    ask("other seed", x, seed=2)
    ask("no seed", x, seed=None)
    ask("images", x[:, :1, None, None].expand(-1, 1, 4, 4).contiguous(), seed=3, training=True)

    for training in (False, True):
        spy = Spy(num_classes, fails=True).train(training)
        run(f"failing {training}", answer, spy, x, condition, targets, None)
        run.evidence[f"failing {training} mode kept"] = spy.training == training
    run.on_devices(
        "accuracy",
        lambda to: answer(
            to(Spy(num_classes)),
            to(x),
            to(condition),
            to(targets),
            torch.Generator().manual_seed(1),
        ),
    )
    return run.evidence


def judge(case: Evidence, key: Evidence, evidence: Evidence) -> list[Criterion]:
    sheet = Sheet(evidence)
    seeds = ("accuracy", "same seed", "other seed", "no seed", "images")
    with sheet.criterion("a Python float between 0 and 1", points=1):
        accuracy = sheet.number("accuracy")
        expect(0 <= accuracy <= 1, "An accuracy lies in [0, 1]: is it a count?", "", accuracy)
    with sheet.criterion("the rows of x are permuted, and nothing else", points=2):
        for name in seeds:
            _expect_permuted(case, sheet, name)
    with sheet.criterion("the accuracy of these answers", points=1):
        for name in seeds:
            rows, conditions = _asked(sheet, name)
            right = (rows.long() + conditions) % case["num_classes"]
            expected = (right == case["targets"]).double().mean().item()
            moved = (right == case["targets"][rows.long() % len(rows)]).double().mean().item()
            expect_close(
                sheet.number(name),
                expected,
                {
                    "The targets were permuted along with x: they stay, and so does the "
                    "condition.": moved,
                    "This is the error rate: accuracy counts the right answers.": 1 - expected,
                    "This is a percentage: give a fraction.": 100 * expected,
                    "This is a count: divide by the number of rows.": expected * len(rows),
                },
                "This is not how often argmax of the logits is the target.",
            )
    with sheet.criterion("the generator decides the permutation", points=1):
        first, same, other = (_asked(sheet, name)[0] for name in seeds[:3])
        expect(
            torch.equal(first, same),
            "Two generators with the same seed gave different permutations: hand the generator to "
            "torch.randperm (generator=generator).",
        )
        expect(
            not torch.equal(first, other),
            "Two generators with different seeds gave the same permutation.",
        )
    with sheet.criterion("eval mode inside, no gradient, the old mode afterwards", points=2):
        _expect_polite(sheet, seeds)
    sheet.gpu("accuracy")
    return sheet.criteria


def _asked(sheet: Sheet, name: str) -> tuple[torch.Tensor, torch.Tensor]:
    """The numbers of the rows and the conditions that the model was asked about."""
    sheet.number(name)
    expect(f"{name} rows" in sheet.evidence, "The model was never asked.")
    return sheet.tensor(f"{name} rows"), sheet.tensor(f"{name} conditions")


def _expect_permuted(case: Evidence, sheet: Sheet, name: str) -> None:
    rows, conditions = _asked(sheet, name)
    old = case["x"][:, 0]
    expect(
        conditions.shape == case["condition"].shape and torch.equal(conditions, case["condition"]),
        "The condition was permuted or changed: only the rows of x move.",
    )
    expect(
        not torch.equal(rows, old),
        "x reaches the model in its old order: permute its rows, x[torch.randperm(len(x))].",
    )
    expect(
        torch.equal(rows.sort().values, old),
        "The model did not see every row of x once: use torch.randperm on the rows (not the "
        "columns, and not torch.randint, which draws some rows twice).",
    )


def _expect_polite(sheet: Sheet, calls: tuple[str, ...]) -> None:
    for name in calls:
        sheet.number(name)
        expect(
            not sheet.evidence.get(f"{name} trained", True),
            "The model was in training mode inside: call model.eval() first.",
        )
        expect(
            not sheet.evidence.get(f"{name} recorded", True),
            "Gradients were recorded: use torch.no_grad().",
        )
        expect(
            bool(sheet.evidence.get(f"{name} mode kept")),
            "Afterwards the model is not in the mode in which it came: keep model.training and "
            "restore it.",
        )
    for training in (False, True):
        expect(
            bool(sheet.evidence.get(f"failing {training} mode kept")),
            "When the model raises, its mode is not restored: use try ... finally.",
        )

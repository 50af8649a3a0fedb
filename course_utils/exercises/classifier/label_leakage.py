"""Exercise label-leakage: accuracy with the rows of x permuted."""

from collections.abc import Callable

import torch
from torch import nn

from course_utils.evidence import Evidence, Recorder
from course_utils.exercises.drawing import expect_as_it_came, is_as_before
from course_utils.faults import expect, expect_close
from course_utils.judging import Criterion, Sheet

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


SEEDS = ("accuracy", "same seed", "other seed", "no seed", "images")


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

    def forward(self, x: torch.Tensor, condition: torch.Tensor, /) -> torch.Tensor:
        if self.fails:
            raise RuntimeError("the model fails on purpose, to see whether its mode is restored")
        self.rows.append(x.detach().cpu().flatten(1))
        self.conditions.append(condition.detach().cpu())
        classes = (x.flatten(1)[:, 0].long() + condition) % self.num_classes
        logits = self.scale * nn.functional.one_hot(classes, self.num_classes).float()
        self.trained |= self.training or self.inner.training
        self.recorded |= logits.requires_grad
        return logits


def probe(answer: Callable, case: Evidence) -> Evidence:
    x, condition, targets = case["x"], case["condition"], case["targets"]
    num_classes = case["num_classes"]
    run = Recorder(case["seed"])

    def ask(name: str, images: torch.Tensor, seed: int | None, training: bool = False) -> None:
        spy = Spy(num_classes).train(training)
        generator = None if seed is None else torch.Generator().manual_seed(seed)
        run(name, answer, spy, images, condition, targets, generator)
        if spy.rows:
            run(f"{name} rows", lambda: torch.cat(spy.rows))
            run(f"{name} conditions", lambda: torch.cat(spy.conditions))
        fresh = torch.Generator().manual_seed(seed or 0).get_state()
        used = generator is None or not torch.equal(generator.get_state(), fresh)
        run.evidence |= {
            f"{name} trained": spy.trained,
            f"{name} recorded": spy.recorded,
            f"{name} as before": is_as_before(spy, training),
            f"{name} generator used": used,
        }

    ask("accuracy", x, seed=1)
    ask("same seed", x, seed=1, training=True)
    ask("other seed", x, seed=2)
    ask("no seed", x, seed=None)
    ask("images", x[:, :, None, None].expand(-1, -1, 2, 2).contiguous(), seed=3, training=True)

    for training in (False, True):
        spy = Spy(num_classes, fails=True).train(training)
        run(f"failing {training}", answer, spy, x, condition, targets, None)
        run.evidence[f"failing {training} as before"] = is_as_before(spy, training)
    run("single", answer, Spy(num_classes), x[:1], condition[:1], targets[:1], None)

    def on(to: Callable) -> torch.Tensor | None:
        spy, generator = to(Spy(num_classes)), torch.Generator().manual_seed(1)
        accuracy = answer(spy, to(x), to(condition), to(targets), generator)
        return None if accuracy is None else spy.scale.detach()  # is it where it was?

    run.on_devices("accuracy", on)
    return run.evidence


def judge(case: Evidence, key: Evidence, evidence: Evidence) -> list[Criterion]:
    sheet = Sheet(evidence)
    with sheet.criterion("a Python float between 0 and 1", points=1):
        accuracy = sheet.number("accuracy")
        expect(accuracy == accuracy, "The accuracy is nan.")
        share = "An accuracy lies in [0, 1]: is it a count, or a percentage?"
        expect(0 <= accuracy <= 1, share, "0 to 1", accuracy)
    with sheet.criterion("the rows of x are permuted, and nothing else", points=2):
        for name in SEEDS:
            _expect_permuted(case, sheet, name)
        orders = torch.stack([_asked(case, sheet, name)[0][:, 0] for name in SEEDS])
        never = "Some rows of x never move: permute all of them."
        if bool((orders == orders[0]).all()):
            never = "Each call gives the same permutation: use the generator that is handed over."
        expect(not (orders == case["x"][:, 0]).all(dim=0).any(), never)
    with sheet.criterion("the accuracy of these answers", points=1):
        for name in SEEDS:
            _expect_accuracy(case, sheet, name)
    with sheet.criterion("the generator decides the permutation", points=1):
        first, same, other = (_asked(case, sheet, name)[0] for name in SEEDS[:3])
        expect(
            torch.equal(first, same),
            "Two generators with the same seed gave different permutations: hand the generator to "
            "torch.randperm (generator=generator).",
        )
        expect(
            not torch.equal(first, other),
            "Two generators with different seeds gave the same permutation.",
        )
        expect(
            bool(evidence.get("accuracy generator used")),
            "The generator itself is not used: hand it over, generator=generator.",
        )
    with sheet.criterion("eval mode inside, no gradient, the old mode afterwards", points=2):
        _expect_polite(sheet)
    sheet.gpu("accuracy")
    return sheet.criteria


def _asked(case: Evidence, sheet: Sheet, name: str) -> tuple[torch.Tensor, torch.Tensor]:
    """The rows of x, flattened, and the conditions that the model was asked about."""
    sheet.number(name)
    expect(f"{name} rows" in sheet.evidence, "The model was never asked.")
    rows, conditions = sheet.tensor(f"{name} rows"), sheet.tensor(f"{name} conditions")
    asked, there = len(rows), len(case["x"])
    expect(asked == there, f"The model was asked about {asked} rows, not {there}: each row once.")
    return rows, conditions


def _expect_permuted(case: Evidence, sheet: Sheet, name: str) -> None:
    rows, conditions = _asked(case, sheet, name)
    x = case["x"]
    expect(
        torch.equal(conditions, case["condition"]),
        "The condition was permuted or changed: only the rows of x move.",
    )
    expect(
        not torch.equal(rows[:, 0], x[:, 0]),
        "x reaches the model in its old order: permute its rows, x[torch.randperm(len(x))].",
    )
    expect(
        torch.equal(rows[:, 0].sort().values, x[:, 0]),
        "The model did not see every row of x once: use torch.randperm on the rows (not the "
        "columns, and not torch.randint, which draws some rows twice).",
    )
    whole = x.repeat_interleave(rows.shape[1] // x.shape[1], dim=1)
    expect(
        torch.equal(rows, whole[rows[:, 0].long()]),
        "The rows were torn apart: one permutation moves whole rows, x[order].",
    )


def _expect_accuracy(case: Evidence, sheet: Sheet, name: str) -> None:
    rows, conditions = _asked(case, sheet, name)
    numbers, targets = rows[:, 0].long(), case["targets"]
    answers = (numbers + conditions) % case["num_classes"]
    expected = (answers == targets).double().mean().item()
    moved = (answers == targets[numbers % len(targets)]).double().mean().item()
    expect_close(
        sheet.number(name),
        expected,
        {
            "The targets were permuted along with x: they stay, and so does the condition.": moved,
            "This is the error rate: accuracy counts the right answers.": 1 - expected,
            "This is a percentage: give a fraction.": 100 * expected,
            "This is a count: divide by the number of rows.": expected * len(rows),
        },
        "This is not how often argmax of the logits is the target.",
    )


def _expect_polite(sheet: Sheet) -> None:
    for name in SEEDS:
        sheet.number(name)
        expect(
            not sheet.evidence.get(f"{name} trained", True),
            "The model was in training mode inside: call model.eval() first.",
        )
        expect(
            not sheet.evidence.get(f"{name} recorded", True),
            "Gradients were recorded: use torch.no_grad().",
        )
        expect_as_it_came(sheet, "model", name)
    for training in (False, True):
        expect(
            bool(sheet.error(f"failing {training}")),
            "When the model raises, the error is swallowed: let it through.",
        )
        expect(
            bool(sheet.evidence.get(f"failing {training} as before")),
            "When the model raises, its mode is not restored: use try ... finally.",
        )

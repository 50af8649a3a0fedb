"""Hidden test of exercise classifier-step: cases, keys and the hidden criterion."""

from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F

from course_utils.evidence import Evidence
from course_utils.faults import expect_close
from course_utils.judging import Sheet
from hidden.common import RULES, integer, mistakes_show, other_class, some_labels


def draw(generator: torch.Generator) -> Evidence:
    case = _some_batch(generator)
    while not (
        mistakes_show(key := solve(case), "weighted", "loss", "/ B")
        and mistakes_show(key, "loss", "loss after", "loss sum", "loss softmax")
    ):
        case = _some_batch(generator)
    return case


def _some_batch(generator: torch.Generator) -> Evidence:
    batch, features, num_classes, num_conditions = 6, 3, 4, 3
    targets = some_labels(generator, batch, num_classes)
    weights = 0.2 + 3 * torch.rand(num_classes, generator=generator)
    weights[other_class(targets)] = 0  # one class does not count
    return {
        "seed": integer(generator, 0, 10**6),
        "x": torch.randn(batch, features, generator=generator),
        "condition": some_labels(generator, batch, num_conditions),
        "targets": targets,
        "weights": weights,
        "weight": torch.randn(features, num_classes, generator=generator),
        "table": torch.randn(num_conditions, num_classes, generator=generator),
        "lr": 0.5,
        "momentum": 0.9,
    }


def _descend(
    case: Evidence,
    steps: int,
    loss: Callable[..., torch.Tensor] = F.cross_entropy,
    rows: int | None = None,
    repeats: int = 1,
) -> tuple[list[float], torch.Tensor]:
    """Losses before each of some steps with momentum, and the parameters afterwards."""
    bias = torch.zeros(case["weight"].shape[1])
    leaves = [p.clone().requires_grad_() for p in (case["weight"], case["table"], bias)]
    optimizer = torch.optim.SGD(leaves, case["lr"], case["momentum"])
    losses = []
    for _ in range(steps):
        weight, table, bias = leaves
        logits = case["x"][:rows] @ weight + table[case["condition"][:rows]] + bias
        value = loss(logits, case["targets"][:rows])
        optimizer.zero_grad()
        value.backward()
        for _ in range(repeats):
            optimizer.step()
        losses.append(value.item())
    return losses, torch.cat([leaf.detach().flatten() for leaf in leaves])


def solve(case: Evidence) -> Evidence:
    (loss, loss_after), after_twice = _descend(case, 2)
    (loss_sum,), after_sum = _descend(case, 1, partial(F.cross_entropy, reduction="sum"))
    (weighted,), weighted_after = _descend(
        case, 1, partial(F.cross_entropy, weight=case["weights"])
    )
    (softmax,), _ = _descend(case, 1, lambda logits, y: F.cross_entropy(logits.softmax(1), y))
    (single,), single_after = _descend(case, 1, rows=1)
    w = case["weights"][case["targets"]]
    return {
        "loss": loss,
        "loss after": loss_after,
        "loss sum": loss_sum,
        "loss softmax": softmax,
        "before": _descend(case, 0)[1],
        "after": _descend(case, 1)[1],
        "after twice": after_twice,
        "after sum": after_sum,
        "step twice": _descend(case, 1, repeats=2)[1],
        "uphill": _descend(case, 1, lambda logits, y: -F.cross_entropy(logits, y))[1],
        "weighted": weighted,
        "weighted after": weighted_after,
        "/ B": weighted * w.mean().item(),
        "single": single,
        "single after": single_after,
    }


def extra(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    with sheet.criterion(RULES, points=1):
        sheet.number("loss")
        expect_close(sheet.number("single"), key["single"], {}, "Wrong for a batch of one.")
        message = "The step is wrong for a batch of one: look for squeeze()."
        expect_close(sheet.tensor("single after"), key["single after"], {}, message)
        sheet.tidy()

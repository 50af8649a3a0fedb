"""Exercise conditional-classifier: a classifier that is told a condition."""

import torch
from torch import nn

from course_utils.evidence import Evidence, Recorder
from course_utils.judging import Criterion, Fault, Sheet, close, expect, expect_shape

HINTS = (
    "Follow the shapes on paper: x is (B, input_dim), the embedding of the condition is "
    "(B, embedding_dim). What is the shape of both side by side, and which layer takes "
    "that?",
    "Make three things in `__init__`, all on `self`: a table (`nn.Embedding`), a layer "
    "into `hidden_dim` with an activation, and a layer from there to `num_classes`. In "
    "`forward`, join along dim 1.",
    "`self.embedding(condition)` gives the rows; `torch.cat([x, ...], dim=1)` is what the "
    "hidden layer takes, so that layer has `input_dim + embedding_dim` inputs. The last "
    "layer's output is returned as it is.",
)


def probe(answer: type[nn.Module], case: Evidence) -> Evidence:
    x, condition = case["x"], case["condition"]
    sizes = [
        case[name]
        for name in ("input_dim", "num_conditions", "num_classes", "embedding_dim", "hidden_dim")
    ]
    run = Recorder(case["seed"])
    model = run("model", answer, *sizes)
    if not isinstance(model, nn.Module):
        return run.evidence
    model.eval()

    run("logits", model, x, condition)
    run("again", model, x, condition)
    run("single", model, x[:1], condition[:1])
    conditions = range(case["num_conditions"])
    run("grid", lambda: torch.stack([model(x, torch.full_like(condition, c)) for c in conditions]))
    run("gradients", lambda: torch.stack([_reached(model, x, condition, c) for c in conditions]))

    sizes[3] += 3
    run("parameters", lambda: sum(p.numel() for p in model.parameters() if p.requires_grad))
    run("wider", lambda: sum(p.numel() for p in answer(*sizes).parameters() if p.requires_grad))
    run.on_devices("logits", lambda to: to(model)(to(x), to(condition)).detach())
    return run.evidence


def _reached(model: nn.Module, x: torch.Tensor, condition: torch.Tensor, c: int) -> torch.Tensor:
    """Which entries of the parameters get a gradient from a batch with condition ``c`` only."""
    model.zero_grad()
    logits = model(x, torch.full_like(condition, c))
    # Random weights: a plain sum of log-probabilities would hide gradients.
    (
        logits * torch.randn(logits.shape, generator=torch.Generator().manual_seed(c))
    ).sum().backward()
    reached = [
        torch.zeros(p.numel(), dtype=torch.bool) if p.grad is None else (p.grad != 0).flatten()
        for p in model.parameters()
        if p.requires_grad
    ]
    return torch.cat(reached) if reached else torch.zeros(0, dtype=torch.bool)


def judge(case: Evidence, key: Evidence, evidence: Evidence) -> list[Criterion]:
    sheet = Sheet(evidence)
    batch, num_classes = len(case["x"]), case["num_classes"]
    if not evidence.get("model.error"):
        # A module cannot be evidence; only a failed construction is worth a word of its own.
        evidence = {**evidence, "model": 1.0}
    sheet.evidence = evidence

    def tensor(name: str) -> torch.Tensor:
        sheet.number("model")
        return sheet.tensor(name)

    with sheet.criterion("logits of shape (B, num_classes)", points=1):
        expect_shape(
            tensor("logits"),
            (batch, num_classes),
            {
                (batch, 1): "One logit per sample: the last layer needs num_classes outputs.",
                (batch,): "One number per sample: the last layer needs num_classes outputs.",
                (batch, case["num_conditions"]): "One logit per condition: the last layer needs "
                "num_classes outputs.",
                (batch, case["hidden_dim"]): "The hidden layer is returned: a last layer from "
                "hidden_dim to num_classes is missing.",
            },
        )
    with sheet.criterion("raw logits, nothing squashed", points=1):
        _expect_raw(tensor("grid"))
    with sheet.criterion("each sample's own condition changes its logits", points=2):
        _expect_own_condition(case["condition"], tensor("logits"), tensor("grid"))
    with sheet.criterion("a learned embedding of size embedding_dim", points=2):
        expect(
            sheet.evidence.get("wider", 0) != sheet.evidence.get("parameters", 0),
            "The number of parameters does not depend on embedding_dim: look the condition up in "
            "a table of that size (nn.Embedding), registered on self.",
        )
        reached = tensor("gradients")
        own = reached & (reached.sum(0) == 1)
        expect(
            bool(own.any(1).all()),
            "No parameter belongs to one condition alone: each condition needs a row of its own, "
            "and training must reach it.",
        )
    with sheet.criterion("x matters, and interacts with the condition", points=2):
        grid = tensor("grid")
        expect(not close(grid[:, :1].expand_as(grid), grid), "x never reaches the output.")
        shift = grid - grid[:1]
        expect(
            not close(shift[:, :1].expand_as(shift), shift, 1e-5),
            "The condition adds the same amount to the logits whatever x is: put it in before a "
            "nonlinear hidden layer.",
        )
    with sheet.criterion("every parameter learns, the same input gives the same logits", points=1):
        reached = tensor("gradients")
        expect(reached.shape[1] > 0, "The model has no parameters: register its layers on self.")
        expect(
            bool(reached.any(0).float().mean() > 0.5),
            "Most parameters get no gradient: look for detach, no_grad or an unused layer.",
        )
        expect(
            close(tensor("again"), tensor("logits"), 1e-6),
            "In eval mode the same input gave other logits: make layers in __init__, not in "
            "forward, and draw nothing at random.",
        )
    sheet.gpu("logits")
    return sheet.criteria


def _expect_raw(grid: torch.Tensor) -> None:
    sums = grid.sum(-1)
    expect(
        not close(sums, torch.ones_like(sums)) or bool((grid < 0).any()),
        "The rows sum to 1: leave the softmax out, the loss applies it to raw logits.",
    )
    expect(
        bool((grid < 0).any()),
        "No output is ever negative: leave the last activation (sigmoid, ReLU, softmax) out.",
    )


def _expect_own_condition(
    condition: torch.Tensor, logits: torch.Tensor, grid: torch.Tensor
) -> None:
    rows = torch.arange(len(condition))
    if close(logits, grid[condition, rows]) and not close(grid[:1].expand_as(grid), grid, 1e-5):
        return
    expect(
        not close(grid[:1].expand_as(grid), grid, 1e-5),
        "The condition never reaches the output: all conditions gave the same logits.",
    )
    expect(
        not close(logits, grid[condition[0], rows]),
        "The whole batch gets the condition of its first sample.",
    )
    raise Fault(
        "A sample's logits change with the conditions of the other samples: the rows of the "
        "batch are mixed (a mean over the batch, a sum, or a reshape that goes across rows)."
    )

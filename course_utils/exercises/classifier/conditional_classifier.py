"""Exercise conditional-classifier: a classifier that is told a condition."""

from collections.abc import Callable

import torch
from torch import nn

from course_utils.evidence import Evidence, Recorder
from course_utils.faults import Fault, close, expect, expect_shape
from course_utils.judging import Criterion, Sheet

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


SIZES = ("input_dim", "num_conditions", "num_classes", "embedding_dim", "hidden_dim")


def probe(answer: type[nn.Module], case: Evidence) -> Evidence:
    x, condition = case["x"], case["condition"]
    sizes = [case[name] for name in SIZES]
    conditions = range(case["num_conditions"])
    run = Recorder(case["seed"])
    model = run("model", answer, *sizes)
    run("eval", lambda: model.eval())
    run("logits", model, x, condition)
    run("again", model, x, condition)
    run("single", model, x[:1], condition[:1])
    run("still in eval", lambda: not model.training)
    if not isinstance(model, nn.Module):
        return run.evidence

    # Zeros in a fresh layer are allowed: what can be learned shows away from them.
    run("move", lambda: _change(model, lambda p: p + 0.3 * torch.randn_like(p)))
    run("grid", lambda: _grid(model, x, conditions))
    run("own", model, x, condition)
    run("between", lambda: _grid(model, (x + x.roll(1, 0)) / 2, conditions))
    for name, factor in (("grid times 10", 10), ("grid times -10", -1)):
        run("scale", lambda factor=factor: _change(model, lambda p: p * factor))
        run(name, lambda: _grid(model, x, conditions))
    run("scale back", lambda: _change(model, lambda p: p / -10))
    run("input gradient", lambda: _input_gradient(model, x, condition))
    run("gradients", lambda: torch.stack([_reached(model, x, c) for c in conditions]))
    run(
        "rows",
        lambda: torch.tensor([_row_reached(model, x, c, len(conditions)) for c in conditions]),
    )
    run("still training", lambda: model.training)

    run("parameters", lambda: _count(model))
    sizes[3] += 3
    run("wider", lambda: _count(_called(answer(*sizes), x, condition)))
    sizes[3] -= 3
    run.on_devices("logits", lambda to: to(answer(*sizes)).eval()(to(x), to(condition)).detach())
    return run.evidence


def _change(model: nn.Module, change: Callable[[torch.Tensor], torch.Tensor]) -> None:
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(change(parameter))


def _called(model: nn.Module, x: torch.Tensor, condition: torch.Tensor) -> nn.Module:
    model.eval()(x, condition)  # lazy layers get their parameters in the first call
    return model


def _count(model: nn.Module) -> int:
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def _grid(model: nn.Module, x: torch.Tensor, conditions: range) -> torch.Tensor:
    """Logits for every condition and row of x."""
    with torch.no_grad():
        return torch.stack([model(x.clone(), torch.full((len(x),), c)) for c in conditions])


def _weighted_sum(logits: torch.Tensor) -> torch.Tensor:
    # Random weights: a plain sum of log-probabilities would hide gradients.
    return (logits * torch.randn(logits.shape, generator=torch.Generator().manual_seed(1))).sum()


def _input_gradient(
    model: nn.Module, x: torch.Tensor, condition: torch.Tensor
) -> torch.Tensor | None:
    leaf = x.clone().requires_grad_()
    loss = _weighted_sum(model(leaf * 1, condition))
    if not loss.requires_grad:
        return torch.zeros_like(x)
    return torch.autograd.grad(loss, leaf, materialize_grads=True)[0]


def _train_on(model: nn.Module, x: torch.Tensor, c: int) -> list[nn.Parameter]:
    """The parameters, with their gradients from a batch with condition ``c`` only."""
    model.train()
    model.zero_grad()
    loss = _weighted_sum(model(x.clone(), torch.full((len(x),), c)))
    if loss.requires_grad:
        loss.backward()
    return [parameter for parameter in model.parameters() if parameter.requires_grad]


def _gradient(parameter: nn.Parameter) -> torch.Tensor:
    return torch.zeros_like(parameter) if parameter.grad is None else parameter.grad.to_dense()


def _reached(model: nn.Module, x: torch.Tensor, c: int) -> torch.Tensor:
    """Which entries of the parameters get a gradient from training on condition ``c`` only."""
    entries = [_gradient(parameter).ne(0).flatten() for parameter in _train_on(model, x, c)]
    return torch.cat([torch.zeros(0, dtype=torch.bool), *entries])


def _row_reached(model: nn.Module, x: torch.Tensor, c: int, num_conditions: int) -> bool:
    """Whether row (or column) ``c`` of some table with a row per condition gets a gradient."""
    return any(
        bool(_gradient(parameter).select(dim, c).ne(0).any())
        for parameter in _train_on(model, x, c)
        for dim, size in enumerate(parameter.shape)
        if size == num_conditions
    )


def judge(case: Evidence, key: Evidence, evidence: Evidence) -> list[Criterion]:
    sheet = Sheet(evidence)
    with sheet.criterion("logits of shape (B, num_classes)", points=1):
        _expect_logits(case, _tensor(sheet, "logits"))
    with sheet.criterion("raw logits, nothing squashed", points=1):
        _expect_raw(*(_tensor(sheet, name) for name in ("grid", "grid times 10", "grid times -10")))
    with sheet.criterion("each sample's own condition changes its logits", points=2):
        expect(bool(_tensor(sheet, "logits").isfinite().all()), "The logits are inf or nan.")
        expect(
            close(_tensor(sheet, "again"), _tensor(sheet, "logits"), 1e-6),
            "In eval mode the same input gave other logits: make layers in __init__, not in "
            "forward, and draw nothing at random.",
        )
        _expect_own_condition(case["condition"], _tensor(sheet, "own"), _tensor(sheet, "grid"))
    with sheet.criterion("a learned embedding of size embedding_dim", points=2):
        _expect_embedding(sheet, _tensor(sheet, "gradients"), _tensor(sheet, "rows"))
    with sheet.criterion("x and the condition interact in a nonlinear layer", points=2):
        _expect_interaction(_tensor(sheet, "grid"), _tensor(sheet, "between"))
    with sheet.criterion("every parameter can learn, and gradients reach x", points=1):
        _expect_training(sheet)
    sheet.gpu(
        "logits",
        advice="make new tensors on the device of x. A layer in a plain list, or a tensor on self, "
        "does not move with the model: use nn.ModuleList, nn.Parameter or register_buffer.",
    )
    return sheet.criteria


def _tensor(sheet: Sheet, name: str) -> torch.Tensor:
    """The tensor ``name`` of a model that can be made, and returns logits."""
    for step in ("model", "eval"):
        sheet.expect_no_error(step)
    expect(
        sheet.tensor("logits").is_floating_point(),
        "These are classes, not logits: return the last layer's output, without argmax.",
    )
    return sheet.tensor(name)


def _expect_logits(case: Evidence, logits: torch.Tensor) -> None:
    batch, num_classes = len(case["x"]), case["num_classes"]
    expect_shape(
        logits,
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


def _expect_raw(grid: torch.Tensor, times_10: torch.Tensor, times_minus_10: torch.Tensor) -> None:
    grids = torch.stack([grid, times_10, times_minus_10])
    sums = grids.sum(-1)
    expect(
        not close(sums, torch.ones_like(sums)),
        "The rows sum to 1: leave the softmax out, the loss applies it to raw logits.",
    )
    expect(
        bool((grids < 0).any()),
        "No output is ever negative: leave the last activation (sigmoid, ReLU) out.",
    )
    expect(
        bool((grids.abs() > 1).any()),
        "No output leaves [-1, 1], however large the weights: leave the last activation (tanh, "
        "clamp) out.",
    )


def _expect_own_condition(condition: torch.Tensor, own: torch.Tensor, grid: torch.Tensor) -> None:
    rows = torch.arange(len(condition))
    expect(
        not close(grid[:1].expand_as(grid), grid, 1e-5),
        "The condition never reaches the output: all conditions gave the same logits.",
    )
    if close(own, grid[condition, rows]):
        return
    expect(
        not close(own, grid[condition[0], rows]),
        "The whole batch gets the condition of its first sample: look for [0] or [:1].",
    )
    raise Fault(
        "A sample's logits change with the conditions of the other samples: the rows of the "
        "batch are mixed (a mean over the batch, a sum, or a reshape that goes across rows)."
    )


def _expect_embedding(sheet: Sheet, reached: torch.Tensor, rows: torch.Tensor) -> None:
    expect(
        sheet.number_of("wider") != sheet.number_of("parameters"),
        "The number of parameters does not depend on embedding_dim: look the condition up in "
        "a table of that size (nn.Embedding), registered on self. A plain list hides layers.",
    )
    # Entries that one condition alone reaches; a table that is normalized first has none.
    learned = (reached & (reached.sum(0) == 1)).any(1) | rows
    expect(
        bool(learned.any()),
        "The table is not trained, no entry of it gets a gradient: look for detach, "
        "requires_grad=False, a buffer, or a table that is not registered on self.",
    )
    untrained = [c for c, trained in enumerate(learned.tolist()) if not trained]
    expect(
        len(untrained) < 2,
        "Most rows of the table are not trained: the condition itself must choose the row.",
    )
    expect(
        not untrained,
        f"No parameter is condition {untrained[0] if untrained else ''}'s own: look for "
        "padding_idx, or for an index that is clamped or shifted.",
    )


def _expect_interaction(grid: torch.Tensor, between: torch.Tensor) -> None:
    # Log-softmax shifts each row of logits by a number of its own, which is no interaction.
    grid, between = (logits - logits.mean(-1, keepdim=True) for logits in (grid, between))
    expect(not close(grid[:, :1].expand_as(grid), grid), "x never reaches the output.")
    shift = grid - grid[:1]
    expect(
        not close(shift[:, :1].expand_as(shift), shift, 1e-5),
        "The condition adds the same amount to the logits whatever x is: put it in before a "
        "nonlinear hidden layer.",
    )
    expect(
        not close((grid + grid.roll(1, 1)) / 2, between, 1e-5),
        "For a fixed condition the logits are a linear function of x: a hidden layer with an "
        "activation (ReLU, tanh) is missing.",
    )


def _expect_training(sheet: Sheet) -> None:
    reached = _tensor(sheet, "gradients")
    expect(reached.shape[1] > 0, "The model has no parameters: register its layers on self.")
    expect(
        bool(reached.any()),
        "No gradient flows through forward: take out no_grad, detach or .data.",
    )
    expect(
        bool(reached.any(0).float().mean() > 0.5),
        "Most parameters get no gradient: look for detach, or a layer that is not used.",
    )
    expect(
        bool(_tensor(sheet, "input gradient").ne(0).any()),
        "No gradient reaches x: it is not used, or detached (.detach(), .data, no_grad).",
    )
    expect(
        sheet.evidence.get("still training") is True
        and sheet.evidence.get("still in eval") is True,
        "forward changes the mode of the model: leave train() and eval() to the caller.",
    )

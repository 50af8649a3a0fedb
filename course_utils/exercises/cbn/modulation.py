"""What the exercises share whose answer scales and shifts: output = γ · x̂ + β.

γ and β follow from a condition, a label or a vector, and are one per channel; x̂ is the normalized
input, or in FiLM the input itself. Parameters are left open: γ and β are read off the outputs.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import nn

from course_utils.evidence import Evidence, Recorder
from course_utils.exercises.networks import (
    change_weights,
    learning,
    noisy,
    run_copies,
    run_plainly,
    run_training,
)

STATES = 3
"""Sets of weights that γ and β are read off: a ReLU may hide a difference in one of them."""


def run_modulation(
    run: Recorder, build: Callable, case: Evidence, condition: torch.Tensor, codes: torch.Tensor
) -> nn.Module | None:
    """Record how the module that ``build`` makes scales and shifts; return it, weights changed.

    ``condition`` has a row per sample, ``codes`` one for each condition that there is.
    """
    x = case["x"]
    model = run("model", build)
    run_plainly(run, model, x, condition)
    if not isinstance(model, nn.Module):
        return None
    with torch.no_grad():
        run("start", lambda *inputs: model.train()(*inputs), x, condition)
    run("settled", lambda *inputs: model.eval()(*inputs), x, condition)
    for state in range(STATES):
        run("change", change_weights, model, noisy)
        run(f"moved {state}", lambda *inputs: model.train()(*inputs), x, condition)
    run("slope", lambda: _slope(model, x, condition, case["pull"]))
    for name in ("own", "own again"):
        run(name, lambda *inputs: model.eval()(*inputs), x, condition)
    run("rows", _row_by_row, model, x, condition)
    run("sweep", sweep, model, x, codes)
    run("trained", lambda: _before_and_after(build(), x, condition, case["pull"]))
    run_training(run, model, x, condition)
    run_copies(run, model, build, x, condition)
    return model


@torch.no_grad()
def sweep(model: nn.Module, x: torch.Tensor, codes: torch.Tensor) -> torch.Tensor:
    """What comes out in eval mode with all samples under one condition, for each of ``codes``."""
    model.eval()
    return torch.stack([model(x.clone(), c.expand(len(x), *c.shape).clone()) for c in codes])


@torch.no_grad()
def _row_by_row(model: nn.Module, x: torch.Tensor, condition: torch.Tensor) -> torch.Tensor:
    rows = zip(x.split(1), condition.split(1), strict=True)
    return torch.cat([model(row.clone(), own.clone()) for row, own in rows])


def _slope(
    model: nn.Module, x: torch.Tensor, condition: torch.Tensor, pull: torch.Tensor
) -> torch.Tensor:
    """The outputs in train mode, and the gradient in x of their sum, weighted by ``pull``."""
    leaf = x.clone().requires_grad_()
    out = model.train()(leaf * 1, condition.clone())
    if out.requires_grad:
        (out * pull).sum().backward()
    gradient = torch.zeros_like(x) if leaf.grad is None else leaf.grad
    return torch.stack([out.detach(), gradient])


def _before_and_after(
    model: nn.Module, x: torch.Tensor, condition: torch.Tensor, target: torch.Tensor
) -> torch.Tensor:
    """The outputs before and after some steps of gradient descent."""
    before = model.train()(x.clone(), condition.clone()).detach()
    for _ in range(5):
        step(model, lambda: F.mse_loss(model(x.clone(), condition.clone()), target))
    return torch.stack([before, model(x.clone(), condition.clone()).detach()])


def step(model: nn.Module, loss: Callable[[], torch.Tensor]) -> None:
    """One step of gradient descent on ``loss()``, of the same length for each parameter.

    So nothing diverges behind a wide layer, and a small embedding moves γ visibly.
    """
    model.zero_grad()
    result = loss()
    if result.requires_grad:
        result.backward()
    with torch.no_grad():
        for _, parameter in learning(model):
            if parameter.grad is not None:
                direction = F.normalize(parameter.grad.to_dense().flatten(), dim=0)
                parameter.sub_(0.1 * direction.view_as(parameter))

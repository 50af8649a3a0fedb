"""What the exercises share whose answer scales and shifts: output = γ · x̂ + β.

γ and β follow from a condition, a label or a vector, and are one per channel; x̂ is the normalized
input, or in FiLM the input itself. Parameters are left open: γ and β are read off the outputs.
"""

from collections.abc import Callable, Mapping
from itertools import combinations

import torch
import torch.nn.functional as F
from torch import nn

from course_utils.evidence import Evidence, Recorder
from course_utils.exercises.cbn.tables import Tables, fit
from course_utils.exercises.networks import (
    VISIBLE,
    change_weights,
    expect_repeatable,
    expect_training,
    learning,
    noisy,
    output,
    run_copies,
    run_plainly,
    run_training,
)
from course_utils.judging import Fault, Sheet, close, expect, expect_shape

STATES = 3
"""Sets of weights that γ and β are read off: a ReLU may hide a difference in one of them."""

ADVICE = {
    "cannot be multiplied": "A layer was made for another width. Does a size come from the labels, "
    "as in F.one_hot(labels)? Give it num_classes.",
}
"""What errors mean here: part of their text -> a sentence."""


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
    run("start", lambda: model.train()(x.clone(), condition.clone()))
    run("settled", lambda: model.eval()(x.clone(), condition.clone()))
    run("start gradient", lambda: _gradient(build(), x, condition, case["pull"]))
    for state in range(STATES):
        run("change", change_weights, model, noisy)
        run(f"moved {state}", lambda: model.train()(x.clone(), condition.clone()))
    run("own", lambda: model.eval()(x.clone(), condition.clone()))
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


def _gradient(
    model: nn.Module, x: torch.Tensor, condition: torch.Tensor, pull: torch.Tensor
) -> torch.Tensor:
    leaf = x.clone().requires_grad_()
    out = model.train()(leaf * 1, condition.clone())
    if out.requires_grad:
        (out * pull).sum().backward()
    return torch.zeros_like(x) if leaf.grad is None else leaf.grad


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
    loss().backward()
    with torch.no_grad():
        for _, parameter in learning(model):
            if parameter.grad is not None:
                direction = F.normalize(parameter.grad.to_dense().flatten(), dim=0)
                parameter.sub_(0.1 * direction.view_as(parameter))


def start(sheet: Sheet, normalized: torch.Tensor, groups: torch.Tensor) -> Tables:
    """γ and β of a fresh module."""
    output(sheet, "output")
    return fit(normalized, sheet.tensor("start"), groups)


def expect_known(
    received: torch.Tensor,
    right: torch.Tensor,
    mistakes: Mapping[str, torch.Tensor],
    otherwise: str,
) -> None:
    """Raise a fault unless ``received`` is ``right``: which of the ``mistakes``, or ``otherwise``.

    Numbers are shown of rows, not of images, which would fill the page.
    """
    if close(received, right):
        return
    seen = (right, received) if right.dim() == 2 else ()
    expect(bool(received.isfinite().all()), "Some numbers that come out are inf or nan.")
    for message, value in mistakes.items():
        expect(not close(received, value), message, *seen)
    raise Fault(otherwise, *seen)


def expect_start(
    sheet: Sheet,
    right: torch.Tensor,
    groups: torch.Tensor,
    mistakes: Mapping[str, torch.Tensor],
    otherwise: str,
) -> None:
    """Raise a fault unless a fresh module returns ``right``, x̂ itself: γ = 1 and β = 0."""
    output(sheet, "output")
    outputs = sheet.tensor("start")
    expect_shape(outputs, tuple(right.shape))
    known = any(close(outputs, value) for value in mistakes.values())
    found = fit(right, outputs, groups)
    alike = close(outputs, outputs[:1].expand_as(outputs)) and outputs.std() > VISIBLE
    expect(not alike, "All samples give the same output: each is made from its own input.")
    if found.exact and not known:
        _expect_one(found.gamma, found.beta)
        _expect_zero(found.beta)
    expect_known(outputs, right, mistakes, otherwise)


def _expect_one(gamma: torch.Tensor, beta: torch.Tensor) -> None:
    low, high = gamma.min().item(), gamma.max().item()
    zero = torch.zeros_like(gamma)
    if close(gamma, zero):
        expect(not close(beta, zero + 1), "γ and β are swapped: γ starts at 0 and β at 1.")
        raise Fault(
            "Nothing is left of the input: γ starts at 0 (start it at 1, or use 1 + γ), or the "
            "input is averaged away."
        )
    twice = "γ starts at 2: a 1 is added to a γ that already starts at 1."
    expect(not close(gamma, zero + 2), twice)
    near = "near 0 " if gamma.mean().abs() < 0.5 else ""
    expect(
        close(gamma, zero + 1),
        f"γ starts {near}at random, from {low:.2g} to {high:.2g}: that is how a layer fills its "
        "weight and its bias by itself. Fill both yourself, so that γ is 1 for every condition.",
    )


def _expect_zero(beta: torch.Tensor) -> None:
    low, high = beta.min().item(), beta.max().item()
    expect(
        close(beta, torch.zeros_like(beta)),
        f"γ starts at 1, and β at random, from {low:.2g} to {high:.2g}: fill with zeros what "
        "makes β, the weight and the bias.",
    )


def expect_own(sheet: Sheet, groups: torch.Tensor, what: str) -> None:
    """Raise a fault unless each sample is scaled and shifted by its own condition.

    ``what`` is the word for a condition: "label", say.
    """
    expect_repeatable(sheet)
    by_code, own = sheet.tensor("sweep"), sheet.tensor("own")
    expect(
        not close(by_code[:1].expand_as(by_code), by_code, 1e-6),
        f"The {what} changes nothing, also with other weights: each {what} gave the same output.",
    )
    rows = torch.arange(len(groups))
    if close(own, by_code[groups, rows]):
        return
    first = f"The whole batch gets the {what} of its first sample."
    expect(not close(own, by_code[groups[0], rows]), first)
    mixed = f"The {what}s of the batch are averaged: each sample has its own."
    expect(not close(own, by_code[groups].mean(0)), mixed)
    for order in (groups.sort().values, groups.flip(0), groups.roll(1), groups.roll(-1)):
        other = f"The {what}s come in another order than the samples: look for a sort or a flip."
        expect(not close(own, by_code[order, rows]), other)
    raise Fault(
        f"A sample's output changes with the {what}s of the other samples: the rows are mixed."
    )


def expect_tables(
    sheet: Sheet, normalized: torch.Tensor, groups: torch.Tensor, what: str, formula: str
) -> None:
    """Raise a fault unless the output is γ · x̂ + β with an own γ and β per condition, channel."""
    found = [fit(normalized, sheet.tensor(f"moved {state}"), groups) for state in range(STATES)]
    expect(
        all(state.exact for state in found),
        f"With other weights the output is not {formula}, with one γ and one β per {what} and "
        "channel: look for an activation, for γ or β that depend on the input or on the position, "
        "for axes that are mixed up.",
    )
    gamma = torch.stack([state.gamma for state in found])
    beta = torch.stack([state.beta for state in found])
    tied = "γ and β are made of the same numbers: each needs a layer, or a half, of its own."
    expect(not close(gamma - beta, (gamma - beta)[:1, :1, :1].expand_as(gamma)), tied)
    for name, table in (("γ", gamma), ("β", beta)):
        shared = f"{name} is the same for each {what}: it does not follow the {what}."
        expect(not close(table, table[:, :1].expand_as(table)), shared)
        narrow = f"{name} is one number per {what}: each channel needs its own."
        expect(not close(table, table[:, :, :1].expand_as(table)), narrow)
        even = f"{name} grows evenly from {what} to {what}: a label is a name, no number; embed it."
        expect(not close(table.diff(n=2, dim=1), torch.zeros_like(table[:, 2:])), even)
        for a, b in combinations(range(table.shape[1]), 2):
            twins = f"{name} is the same for {what} {a} and {b}: look for a clamp, or a remainder."
            expect(not close(table[:, a], table[:, b], 1e-6), twins)


def expect_learned(sheet: Sheet, normalized: torch.Tensor, groups: torch.Tensor, what: str) -> None:
    """Raise a fault unless training moves γ and β, for each condition and channel; all is saved."""
    output(sheet, "output")
    none = "It has no parameters: register what makes γ and β on self (a layer, an nn.Parameter)."
    expect(sheet.number_of("late") > 0, none)
    trained = sheet.tensor("trained")
    expect(bool(trained.isfinite().all()), "After some steps of training inf or nan comes out.")
    before, after = (fit(normalized, outputs, groups) for outputs in trained)
    for name, move in (("γ", after.gamma - before.gamma), ("β", after.beta - before.beta)):
        moved = move.abs() > 1e-5
        expect(
            bool(moved.any()),
            f"Training does not move {name}. Is it made of parameters, without detach? Zero times "
            "zero gets no gradient: of two layers in a row only one may start at zero.",
        )
        expect(
            not close(move, move[:1].expand_as(move), 1e-5),
            f"Training moves {name} alike for each {what}: it does not follow the {what}, or the "
            "layers that lead to it all start at zero, and then only the last bias learns.",
        )
        expect(
            bool(moved.any(0).all() and moved.any(1).all()),
            f"Training moves {name} only for some {what}s or channels.",
        )
    expect_training(sheet, "the input")

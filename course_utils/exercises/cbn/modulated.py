"""How outputs γ · x̂ + β are judged, which `modulation.run_modulation` has recorded."""

from collections.abc import Callable, Mapping

import torch

from course_utils.exercises.cbn.modulation import STATES
from course_utils.exercises.cbn.tables import Tables, fit
from course_utils.exercises.networks import VISIBLE, expect_repeatable, expect_training, output
from course_utils.faults import Fault, close, expect, expect_shape
from course_utils.judging import Sheet

ADVICE = {
    "modified by an inplace operation": "Something writes into a tensor that backward needs.",
    "is invalid for input of size": "Take B, H and W from the shape of the input.",
}
"""What errors mean here: part of their text -> a sentence."""


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
    filled: bool = True,
) -> None:
    """Raise a fault unless a fresh module returns ``right``, x̂ itself: γ = 1 and β = 0.

    ``filled`` says whether other values can be what γ and β are filled with.
    """
    output(sheet, "output")
    outputs = sheet.tensor("start")
    expect_shape(outputs, tuple(right.shape))
    known = any(close(outputs, value) for value in mistakes.values())
    found = fit(right, outputs, groups)
    alike = close(outputs, outputs[:1].expand_as(outputs)) and outputs.std() > VISIBLE
    expect(not alike, "All samples give the same output: each is made from its own input.")
    if found.exact and not known:
        _expect_known_start(found.gamma, found.beta)
        if filled:
            _expect_one(found.gamma)
            _expect_zero(found.beta)
    expect_known(outputs, right, mistakes, otherwise)


def _expect_known_start(gamma: torch.Tensor, beta: torch.Tensor) -> None:
    zero = torch.zeros_like(gamma)
    if close(gamma, zero):
        expect(not close(beta, zero + 1), "γ and β are swapped: γ starts at 0 and β at 1.")
        raise Fault(
            "Nothing is left of the input: γ starts at 0 (start it at 1, or use 1 + γ), or the "
            "input is averaged away."
        )
    twice = "γ starts at 2: a 1, or the input, is added to what already starts at 1."
    expect(not close(gamma, zero + 2), twice)


def _expect_one(gamma: torch.Tensor) -> None:
    low, high = gamma.min().item(), gamma.max().item()
    near = "near 0 " if gamma.mean().abs() < 0.5 else ""
    expect(
        close(gamma, torch.ones_like(gamma)),
        f"γ starts {near}at random, from {low:.4g} to {high:.4g}, and it has to start at 1. A new "
        "nn.Linear or nn.Embedding is random: fill it yourself, and its bias if it has one.",
    )


def _expect_zero(beta: torch.Tensor) -> None:
    low, high = beta.min().item(), beta.max().item()
    expect(
        close(beta, torch.zeros_like(beta)),
        f"γ starts at 1, and β at random, from {low:.4g} to {high:.4g}: fill with zeros what "
        "makes β, and its bias if it has one.",
    )


def expect_own(sheet: Sheet, groups: torch.Tensor, what: str) -> None:
    """Raise a fault unless each sample is scaled and shifted by its own condition.

    ``what`` is the word for a condition: "label", say.
    """
    expect_steady(sheet)
    by_code, own = sheet.tensor("sweep"), sheet.tensor("own")
    mixed = f"A sample's output changes with the {what}s of the other samples: the rows are mixed."
    if close(by_code[:1].expand_as(by_code), by_code, 1e-6):
        expect(close(own, by_code[0]), mixed)
        raise Fault(
            f"The {what} changes nothing, whatever the parameters are: each {what} gave the same "
            "output. Does it enter, and is what follows it registered on self?"
        )
    rows = torch.arange(len(groups))
    if close(own, by_code[groups, rows]):
        return
    first = f"The whole batch gets the {what} of its first sample: look for [0] or [:1]."
    expect(not close(own, by_code[groups[0], rows]), first)
    averaged = f"The {what}s of the batch are averaged: each sample has its own."
    expect(not close(own, by_code[groups].mean(0)), averaged)
    for order in (groups.sort().values, groups.flip(0), groups.roll(1), groups.roll(-1)):
        other = f"The {what}s come in another order than the samples: look for a sort or a flip."
        expect(not close(own, by_code[order, rows]), other)
    raise Fault(mixed)


def expect_steady(sheet: Sheet) -> None:
    """Raise a fault unless eval mode repeats itself, also with other weights."""
    expect_repeatable(sheet)
    random = (
        "In eval mode, with other weights, the same call gave another result: draw nothing at "
        "random, and let dropout obey the mode (nn.Dropout does)."
    )
    expect(close(sheet.tensor("own again"), sheet.tensor("own"), 1e-6), random)


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


def expect_alike_in_eval(
    sheet: Sheet,
    normalized: torch.Tensor,
    groups: torch.Tensor,
    later: torch.Tensor,
    mistakes: Mapping[str, torch.Tensor],
) -> None:
    """Raise a fault unless γ and β of train mode scale ``later``, which is x̂ in eval mode.

    ``mistakes`` has other x̂. γ and β have to be the same from call to call in train mode: dropout
    or a spectral norm may be at work there.
    """
    expect_steady(sheet)
    expect_shape(sheet.tensor("output"), tuple(normalized.shape))
    outputs = sheet.tensor("slope")[0]
    found = fit(normalized, outputs, groups)
    if (
        _is_plain(sheet, normalized)
        and found.exact
        and close(outputs, sheet.tensor(f"moved {STATES - 1}"), 1e-5)
    ):
        other = "In eval mode γ and β are not those of train mode: both modes use the same."
        known = {why: found.applied(value, groups) for why, value in mistakes.items()}
        expect_known(sheet.tensor("own"), found.applied(later, groups), known, other)


def _is_plain(sheet: Sheet, normalized: torch.Tensor) -> bool:
    """Whether a fresh module is right, so that γ and β can be read off; else that comes first."""
    return close(sheet.tensor("start"), normalized)


def expect_slope(
    sheet: Sheet,
    normalized: torch.Tensor,
    groups: torch.Tensor,
    pull: torch.Tensor,
    in_x: Callable[[torch.Tensor], torch.Tensor],
) -> None:
    """Raise a fault unless the gradient in x̂ is γ · ``pull``; ``in_x`` makes it the one in x."""
    outputs, gradient = sheet.tensor("slope")
    found = fit(normalized, outputs, groups)
    if _is_plain(sheet, normalized) and found.exact:
        own = in_x(found._replace(beta=torch.zeros_like(found.beta)).applied(pull, groups))
        expect(bool(gradient.ne(0).any()), "No gradient reaches the input: look for detach, .data.")
        other = (
            "The gradient in the input is not the one of this formula: something on its way is "
            "detached, a mean or a variance say, or γ and β depend on the input."
        )
        expect(close(gradient, own), other)


def expect_learned(sheet: Sheet, normalized: torch.Tensor, groups: torch.Tensor, what: str) -> None:
    """Raise a fault unless training moves γ and β, for each condition and channel; all is saved."""
    expect_shape(output(sheet, "output"), tuple(normalized.shape))
    none = "It has no parameters: register what makes γ and β on self (a layer, an nn.Parameter)."
    expect(sheet.number_of("late") > 0, none)
    trained = sheet.tensor("trained")
    expect(bool(trained.isfinite().all()), "After some steps of training inf or nan comes out.")
    before, after = (fit(normalized, outputs, groups) for outputs in trained)
    least = 1e-5 * before.gamma.abs().clamp(1e-3, 1)  # tiny in channels that are not normalized
    for name, move in (("γ", after.gamma - before.gamma), ("β", after.beta - before.beta)):
        moved = move.abs() > least
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
    expect_steady(sheet)
    sheet.tensor("gradient")  # or what it raised
    expect_training(sheet, "the input")

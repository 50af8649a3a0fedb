"""What the three exercises on conditional batch normalization share."""

from collections.abc import Callable
from itertools import combinations

import torch
from torch import nn

from course_utils.evidence import Evidence, Recorder
from course_utils.exercises.cbn import modulated
from course_utils.exercises.cbn.modulated import (
    expect_alike_in_eval,
    expect_known,
    expect_learned,
    expect_own,
    expect_slope,
    expect_start,
    expect_tables,
    start,
)
from course_utils.exercises.cbn.modulation import STATES, run_modulation
from course_utils.exercises.cbn.tables import fit
from course_utils.exercises.networks import (
    change_weights,
    expect_repeatable,
    learning,
    noisy,
    output,
)
from course_utils.faults import Fault, close, expect
from course_utils.judging import Sheet

ADVICE = modulated.ADVICE | {
    "cannot be multiplied": "A layer was made for another width: take it from the arguments of "
    "__init__. F.one_hot counts the classes of the batch unless it is given num_classes.",
    "running_mean should contain": "Batch normalization is made for num_features channels.",
    "index out of range": "There are num_classes labels, also more than ten.",
    "'indices' to have": "forward takes x first, then the labels.",
}
"""What errors mean here: part of their text -> a sentence."""

MANY = 12
"""More classes than the ten that a learner knows from digits."""

TRAIN_MISTAKES = {
    "running": "In train mode x comes out as it went in: normalize it with the mean and variance "
    "of this batch. The running statistics are for eval mode.",
    "settled": "In train mode x is normalized with the running mean and variance: take those of "
    "this batch. The running ones are for eval mode.",
    "per class": "Each class is normalized with statistics of its own: take those of the whole "
    "batch, only γ and β follow the label.",
    "per sample": "Each sample's channel is normalized by itself, as in instance normalization: "
    "batch normalization takes the statistics of a channel over the whole batch.",
    "layer norm": "Each sample is normalized by itself, as in layer normalization: batch "
    "normalization takes the statistics of a channel over the whole batch.",
    "per pixel": "Each pixel has statistics of its own: a channel's mean and variance go over the "
    "batch, the height and the width.",
    "unbiased": "In train mode x is divided by the unbiased standard deviation: batch "
    "normalization uses the biased variance (unbiased=False).",
    "no eps": "The eps is missing: divide by sqrt(variance + 1e-5).",
    "eps outside": "The eps belongs inside the root: sqrt(variance + 1e-5).",
    "large eps": "The eps is not the default one: 1e-5.",
}
"""What in the key a mistake in train mode gives -> a sentence."""

EVAL_MISTAKES = {
    "normalized": "In eval mode the batch's own mean and variance are used: take the running ones "
    "(track_running_stats stays True; the layer is registered on self, so that eval() reaches it).",
    "running": "After a batch in train mode x still comes out of eval mode as it went in: the "
    "running statistics do not move, or are not used. Each batch moves them by a tenth.",
    "running biased": "The running variance is moved towards the biased variance: batch "
    "normalization keeps the unbiased one.",
    "momentum 0.9": "The momentum is the wrong way round: default is 0.1, the weight of the new "
    "batch.",
    "momentum 1": "The running statistics forget what they were: the new batch has the weight 0.1.",
    "momentum 0.01": "The momentum is not the default one: 0.1.",
}
"""The same in eval mode, after one batch in train mode."""


def run_batchnorm(run: Recorder, build: Callable, case: Evidence) -> nn.Module | None:
    """Record how the module ``build(num_classes)`` normalizes, scales and shifts."""
    classes = case["num_classes"]
    codes = torch.arange(classes)
    model = run_modulation(run, lambda: build(classes), case, case["labels"], codes)
    if model is not None:
        run("alone", _one_by_one, model, case["x"], case["labels"], case["num_features"])
        run("many", _many_classes, build, case["x"][0])
    return model


@torch.no_grad()
def _many_classes(build: Callable, sample: torch.Tensor) -> torch.Tensor:
    """What some modules with weights of their own make of ``sample`` under each of many labels."""
    found = []
    for _ in range(STATES):
        model = build(MANY)
        change_weights(model, noisy)
        found.append(model.eval()(sample.expand(MANY, *sample.shape).clone(), torch.arange(MANY)))
    return torch.stack(found)


@torch.no_grad()
def _one_by_one(
    model: nn.Module, x: torch.Tensor, labels: torch.Tensor, num_features: int
) -> torch.Tensor:
    """For each parameter with a number per feature: what comes out with 0, 1 and 2 added to it."""
    model.train()
    found = []
    for _, parameter in learning(model):
        if parameter.numel() == num_features:
            outputs = []
            for _ in range(3):
                outputs.append(model(x.clone(), labels.clone()))
                parameter.add_(1)
            parameter.sub_(3)
            found.append(torch.stack(outputs))
    return torch.stack(found) if found else x.new_zeros(0, 3, *x.shape)


def judge_batchnorm(sheet: Sheet, case: Evidence, key: Evidence) -> None:
    """Add the criteria on normalization, and on γ and β of each label."""
    labels, normalized = case["labels"], key["normalized"]
    with sheet.criterion("at first plain batch normalization, for every class", points=2):
        _expect_plain(sheet, key, labels)
    with sheet.criterion("running statistics in eval mode", points=1):
        _expect_running(sheet, key, labels)
    with sheet.criterion("then γ and β of each sample's own label", points=2):
        expect_own(sheet, labels, "label")
        _expect_normalized_first(sheet)
        expect_tables(sheet, normalized, labels, "label", "γ · x̂ + β")
        _expect_many(sheet)
        if close(sheet.tensor("settled"), key["settled"]):  # else that is another criterion
            once = "The running statistics move with the first batch only: each batch moves them."
            mistakes = {once: key["settled"]}
            expect_alike_in_eval(sheet, normalized, labels, key["settled later"], mistakes)


def judge_learning(sheet: Sheet, case: Evidence, key: Evidence) -> None:
    """Add the criterion on training."""
    normalized, over = key["normalized"], (0, *range(2, case["x"].dim()))

    def in_x(gradient: torch.Tensor) -> torch.Tensor:
        along = (gradient * normalized).mean(over, keepdim=True)
        centred = gradient - gradient.mean(over, keepdim=True)
        return (centred - along * normalized) / key["deviation"]

    with sheet.criterion("training moves γ and β, and all is saved", points=2):
        expect_learned(sheet, normalized, case["labels"], "label")
        expect_slope(sheet, normalized, case["labels"], case["pull"], in_x)


def _expect_plain(sheet: Sheet, key: Evidence, labels: torch.Tensor) -> None:
    mistakes = {why: key[name] for name, why in TRAIN_MISTAKES.items() if name in key}
    otherwise = (
        "In train mode the output is not (x - mean) / sqrt(variance + 1e-5), with mean and biased "
        "variance of the batch, for each channel: look at the root, at eps, at whose statistics "
        "they are, and at what comes behind."
    )
    filled = _is_filled(sheet, key, labels)
    expect_start(sheet, key["normalized"], labels, mistakes, otherwise, filled)


def _is_filled(sheet: Sheet, key: Evidence, labels: torch.Tensor) -> bool:
    """Whether what a fresh module adds to plain batch normalization comes from its γ and β.

    Then it follows the label, or is the same in eval mode. A wrong normalization does neither.
    """
    fresh, first = output(sheet, "output"), sheet.tensor("start")
    if first.shape != labels.shape[:1] + key["normalized"].shape[1:]:
        return False
    found = start(sheet, key["normalized"], labels)
    for table in (found.gamma, found.beta):
        if not close(table, table[:1].expand_as(table)):
            return True
    return close(fresh, found.applied(key["running"], labels)) or close(fresh, first)


def _expect_running(sheet: Sheet, key: Evidence, labels: torch.Tensor) -> None:
    output(sheet, "output")
    stay = "In eval mode the running statistics change: they move in train mode only."
    expect(sheet.evidence.get("buffers stay") is True, stay)
    expect_repeatable(sheet)
    found, fresh = start(sheet, key["normalized"], labels), sheet.tensor("output")
    expect(bool(found.gamma.abs().max() > 1e-3), "γ starts at 0, so nothing can be seen of x.")
    plain = close(fresh, key["running"]) or not found.exact

    def at_first(name: str) -> torch.Tensor:
        # Whatever γ and β start at: that is another criterion.
        return key[name] if plain else found.applied(key[name], labels)

    own = {EVAL_MISTAKES["normalized"]: at_first("normalized")}
    first = "In eval mode a fresh module has the running mean 0 and the running variance 1."
    expect_known(fresh, at_first("running"), own, first)
    otherwise = "In eval mode x is not normalized with the running mean and variance."
    mistakes = {why: at_first(name) for name, why in EVAL_MISTAKES.items()}
    expect_known(sheet.tensor("settled"), at_first("settled"), mistakes, otherwise)


def _expect_many(sheet: Sheet) -> None:
    found = sheet.tensor("many")
    for a, b in combinations(range(MANY), 2):
        twins = (
            f"Of {MANY} labels {a} and {b} give the same γ and β: look for a clamp, a remainder."
        )
        expect(not close(found[:, a], found[:, b], 1e-6), twins)


def _expect_normalized_first(sheet: Sheet) -> None:
    outputs = sheet.tensor("moved 0").transpose(0, 1).flatten(1)
    zero, one = torch.zeros(len(outputs)), torch.ones(len(outputs))
    last = close(outputs.mean(1), zero) and close(outputs.var(1, unbiased=False), one, 1e-2)
    expect(not last, "Normalize first, then scale and shift: here normalization comes last.")


def expect_no_affine(sheet: Sheet, case: Evidence, key: Evidence) -> None:
    """Raise a fault if a learned scale or shift of all classes stands inside, or around.

    A layer's bias, which many labels share too, adds to γ or to β. A second scale multiplies γ, and
    a shift in front of γ reaches the output times γ.
    """
    expect_repeatable(sheet)
    second = (
        "A second affine: a learned scale or shift, the same for all classes, stands beside γ and "
        "β. Batch normalization brings one along unless you say affine=False."
    )
    for outputs in sheet.tensor("alone"):
        first, then, last = (fit(key["normalized"], y, case["labels"]) for y in outputs)
        if close(first.gamma, first.gamma[:1].expand_as(first.gamma)):
            raise Fault("γ is the same for each label, so a second affine would not show.")
        scaled, shifted = then.gamma - first.gamma, then.beta - first.beta
        even = close(last.gamma - then.gamma, scaled) and close(last.beta - then.beta, shifted)
        unscaled = close(scaled, torch.zeros_like(scaled))
        change = shifted if unscaled else scaled
        if even and not close(change, torch.zeros_like(change)):
            expect(not close(change * first.gamma[:1], change[:1] * first.gamma), second)

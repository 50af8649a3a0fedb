"""What the exercises that draw images with a model share: how answers treat it, and what they draw.

A spy stands in for the model. It has ``modes``, a list in which it notes at each call whether a
part of it was in training mode, and its images show the z and the label that they come from. So
the images alone are judged: an answer may ask for all of them at once or one by one, in any order.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from course_utils.evidence import Evidence, Recorder
from course_utils.exercises.draws import expect_normal
from course_utils.faults import expect, expect_close
from course_utils.judging import Sheet

EITHER_MODE = ("images", "again")
"""What every exercise calls its runs with a model in eval mode and in training mode."""

FAILING = ("failing False", "failing True")
"""What the runs are called in which a model in eval mode, and one in training mode, raises."""

MANY = "many"
"""What the run is called in which the distribution of z is judged."""

UNKNOWN = 99
"""A label that no spy knows."""


def draw(
    run: Recorder, name: str, answer: Callable, spy: nn.Module, *args: Any, training: bool = False
) -> None:
    """Record what ``answer(spy, *args)`` returns, and how it treats the spy."""
    run(name, answer, spy.train(training), *args)
    mode = "training" if any(spy.modes) else "eval"
    run.evidence[f"{name} mode"] = mode if spy.modes else "never asked"
    run.evidence[f"{name} as before"] = is_as_before(spy, training)
    run.evidence[f"{name} gradients"] = "on" if torch.is_grad_enabled() else "off"
    torch.set_grad_enabled(True)


def draw_on_devices(
    run: Recorder, answer: Callable, make_spy: Callable[[], nn.Module], *args: Any
) -> None:
    """Record where the images are if everything is on a GPU, and if everything is on the CPU."""

    def on(to: Callable) -> torch.Tensor | None:
        spy, place = to(make_spy()), to(torch.zeros(1)).device
        images = answer(spy, *(to(a) if isinstance(a, torch.Tensor) else a for a in args))
        weight = next(spy.parameters()).detach()
        return images if weight.device == place else weight  # the spy must not move either

    run.on_devices("images", on)


def fail(run: Recorder, answer: Callable, make_spy: Callable[..., nn.Module], *args: Any) -> None:
    """Record how a spy that raises, ``make_spy(fails=True)``, is treated, from either mode."""
    for name, training in zip(FAILING, (False, True), strict=True):
        draw(run, name, answer, make_spy(fails=True), *args, training=training)


def is_as_before(spy: nn.Module, training: bool) -> bool:
    """Whether all parts of ``spy`` are in the mode in which they came and can still be trained."""
    modes = {module.training for module in spy.modules()}
    return modes == {training} and all(p.requires_grad for p in spy.parameters())


def judge_treatment(sheet: Sheet, model: str, unknown: tuple[str, ...] = ()) -> None:
    """Criteria: no gradient, and the mode of the ``model`` in the runs of `EITHER_MODE` and `fail`.

    ``model`` is what learners call it. ``unknown`` names further runs, with labels that make it
    raise.
    """
    with sheet.criterion("the images need no gradient", points=1):
        for name in EITHER_MODE:
            sheet.tensor(name)
            expect(
                not sheet.evidence.get(f"{name}.requires_grad", True),
                "The images carry a graph for gradients: draw them under torch.no_grad().",
            )
        expect_gradients_on(sheet, *EITHER_MODE, *FAILING)
    with sheet.criterion("eval mode inside, the old mode afterwards", points=1):
        for name in EITHER_MODE:
            sheet.tensor(name)
            _expect_asked_in_eval(sheet, model, name)
            expect_as_it_came(sheet, model, name)
    with sheet.criterion("the old mode also after an error", points=1):
        for name in EITHER_MODE:  # who never switches the mode has nothing to restore
            sheet.tensor(name)
            _expect_asked_in_eval(sheet, model, name)
        for name in (*FAILING, *unknown):
            swallowed = (
                f"A label that the {model} does not know raises nothing: hand labels on as they "
                "are, and let errors through."
                if name in unknown
                else f"When the {model} raises, the error is swallowed: let it through."
            )
            expect(bool(sheet.error(name)), swallowed)
            expect(
                bool(sheet.evidence.get(f"{name} as before")),
                f"When the call fails, the {model}'s mode is not restored: use try ... finally.",
            )


def expect_gradients_on(sheet: Sheet, *names: str) -> None:
    """Raise a fault if one of the calls ``names`` switched gradients off for good."""
    for name in names:
        expect(
            sheet.evidence.get(f"{name} gradients") == "on",
            "Gradients are switched off for whatever comes next, at least after an error: "
            "`with torch.no_grad():` switches them on again in any case.",
        )


def expect_as_it_came(sheet: Sheet, model: str, name: str) -> None:
    """Raise a fault unless the ``model`` was `is_as_before` after the call ``name``."""
    expect(
        bool(sheet.evidence.get(f"{name} as before")),
        f"Afterwards the {model} is not as it came: keep {model}.training, restore it with "
        f"{model}.train(...), and leave requires_grad alone.",
    )


def _expect_asked_in_eval(sheet: Sheet, model: str, name: str) -> None:
    mode = sheet.evidence.get(f"{name} mode")
    expect(mode != "never asked", f"The {model} was never asked.")
    expect(
        mode == "eval",
        f"The {model} was in training mode inside: call {model}.eval() before you draw.",
    )


def judge_images(key: Evidence, sheet: Sheet, seen: Callable[..., tuple], repeats: int) -> None:
    """Criteria: an image of each label, in order, each from a z ~ N(0, I) of its own.

    ``seen(name, count)`` gives the z and the labels behind the ``count`` images of the run
    ``name``; in the run `MANY` each label is drawn ``repeats`` times.
    """
    labels = key["labels"]
    with sheet.criterion("each image is of its label, in the order of the labels", points=1):
        for name in EITHER_MODE:
            expect_close(
                seen(name, len(labels))[1],
                labels,
                {
                    "The labels were sorted: keep their order.": key["labels sorted"],
                    "Every image is of the first label.": key["labels first"],
                    "The order of the labels is reversed.": key["labels reversed"],
                },
                "The images are not of the labels that were asked for.",
            )
    with sheet.criterion("each image comes from a fresh z of its own", points=1):
        drawn = [seen(name, len(labels))[0] for name in EITHER_MODE]
        _expect_fresh(labels, *drawn, seen(MANY, repeats * len(labels))[0])
    with sheet.criterion("z ~ N(0, I)", points=1):
        z, _ = seen(MANY, repeats * len(labels))
        _expect_several(z)
        expect_normal(z)


def _expect_fresh(
    labels: torch.Tensor, first: torch.Tensor, again: torch.Tensor, many: torch.Tensor
) -> None:
    _expect_several(first)
    expect(
        _distinct(first) > len(labels.unique()),
        "Images of the same class come from the same z: draw one row of z for each label.",
    )
    expect(
        not (first == again).all(dim=1).any(),
        "Two calls drew the same z: draw it afresh in each call, and set no seed.",
    )
    everything = torch.cat([first, again, many])
    expect(
        _distinct(everything) == len(everything),
        "Some images share their z: draw one row of z for each label, in each call.",
    )
    expect(
        _distinct(everything.abs()) == len(everything),
        "Some z are others with the sign turned: draw each one afresh.",
    )


def _expect_several(z: torch.Tensor) -> None:
    expect(
        _distinct(z) > 1,
        "All images come from the same z: draw one row of z for each label.",
    )


def _distinct(z: torch.Tensor) -> int:
    return len(z.unique(dim=0))

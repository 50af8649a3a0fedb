"""What the exercises with a judge share: a spy in its place, and how answers treat it."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from course_utils.evidence import Evidence, Recorder
from course_utils.exercises.drawing import (
    FAILING,
    draw,
    draw_on_devices,
    expect_as_it_came,
    fail,
)
from course_utils.faults import close, expect
from course_utils.judging import Sheet

EITHER_MODE = ("result", "again")
"""What every exercise calls its runs with a judge in eval mode and in training mode."""

MISMATCH = "mismatch"
"""What the run is called in which there is one label too few."""

IMAGE_SHAPE = (1, 28, 28)
QUARTER = 14


def as_images(pixels: torch.Tensor) -> torch.Tensor:
    """Images (N, 1, 28, 28) whose four quarters have the brightness that ``pixels`` (N, 4) says."""
    quarters = pixels.view(-1, 1, 2, 2)
    return quarters.repeat_interleave(QUARTER, dim=2).repeat_interleave(QUARTER, dim=3)


class OnPurpose(Exception):
    """What a spy raises: of no type that an answer could be prepared for."""


class SpyJudge(nn.Module):
    """A judge whose logits are linear in the brightness of the four quarters of an image.

    It notes its mode and whether its logits need a gradient. In training mode it is blind: all of
    the image drops out. With ``fails`` it raises when it is asked.
    """

    def __init__(self, case: Evidence, fails: bool = False) -> None:
        super().__init__()
        self.fails = fails
        self.inner = nn.Dropout(1.0)
        self.classify = nn.Linear(4, len(case["bias"]))
        self.classify.weight = nn.Parameter(case["weight"].clone())
        self.classify.bias = nn.Parameter(case["bias"].clone())
        self.modes: list[bool] = []
        self.recorded: list[bool] = []
        # A copy of the spy takes its notes here too.
        self.note_mode, self.note_recorded = self.modes.append, self.recorded.append

    def forward(self, images: torch.Tensor, /) -> torch.Tensor:
        self.note_mode(self.training or self.inner.training)
        if self.fails:
            raise OnPurpose("the judge fails on purpose, to see if its mode is restored")
        shape = tuple(getattr(images, "shape", ()))
        if shape[1:] != IMAGE_SHAPE:
            raise ValueError(f"the judge was given {shape}, where it takes (B, 1, 28, 28)")
        logits = self.classify(self.inner(F.avg_pool2d(images, QUARTER).flatten(1)))
        self.note_recorded(logits.requires_grad)
        return logits


def ask(run: Recorder, answer: Callable, case: Evidence, *args: Any) -> None:
    """Record ``answer(judge, images, labels, *args)`` for the case, in every way it is tried."""
    images, labels, spy = as_images(case["pixels"]), case["labels"], partial(SpyJudge, case)
    for name, training in zip(EITHER_MODE, (False, True), strict=True):
        judge = spy()
        draw(run, name, answer, judge, images, labels, *args, training=training)
        run.evidence[f"{name} recorded"] = any(judge.recorded)
    draw(run, MISMATCH, answer, spy(), images, labels[:-1], *args, training=True)
    run("single", answer, spy().eval(), images[:1], labels[:1], *args)
    fail(run, answer, spy, images, labels, *args)
    draw_on_devices(run, answer, spy, images, labels, *args)


def judge_modes(sheet: Sheet, read: Callable[[str], torch.Tensor]) -> None:
    """Criteria: the judge's mode in the runs of `ask`. ``read(name)`` gives the result of a run."""
    with sheet.criterion("the judge is in eval mode inside, in its old mode afterwards", points=1):
        first, again = (_asked_in_eval(sheet, read, name) for name in EITHER_MODE)
        for name in EITHER_MODE:
            expect_as_it_came(sheet, "judge", name)
        expect(
            close(again.nan_to_num(), first.nan_to_num()),
            "The result depends on the mode in which the judge comes: it runs in eval mode.",
            first,
            again,
        )
    with sheet.criterion("the old mode also after an error", points=1):
        for name in EITHER_MODE:  # who never switches the mode has nothing to restore
            _asked_in_eval(sheet, read, name)
        for name in FAILING:
            expect(
                bool(sheet.error(name)),
                "When the judge raises, the error is swallowed: let it through.",
            )
        for name in (*FAILING, MISMATCH):
            expect(
                bool(sheet.evidence.get(f"{name} as before")),
                "When the call fails, the judge's mode is not restored: use try ... finally.",
            )


def _asked_in_eval(sheet: Sheet, read: Callable[[str], torch.Tensor], name: str) -> torch.Tensor:
    """The result of the run ``name``; a fault if the judge was in training mode."""
    result, mode = read(name), sheet.evidence.get(f"{name} mode")
    expect(mode != "never asked", "The judge was never asked.")
    expect(
        mode == "eval",
        "The judge was in training mode inside: call judge.eval() before you ask it.",
    )
    return result


def judge_device(sheet: Sheet, advice: str) -> None:
    """Criterion: everything stays on the device of the inputs. ``advice`` is the usual remedy."""
    sheet.gpu("images", advice=advice)  # the name that draw_on_devices gives

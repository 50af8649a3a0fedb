"""Exercise latent-traversal: a straight walk between two latents under one label."""

from collections.abc import Callable
from functools import partial

import torch

from course_utils.evidence import Evidence, Recorder
from course_utils.exercises.drawing import (
    EITHER_MODE,
    UNKNOWN,
    draw,
    draw_on_devices,
    fail,
    judge_treatment,
)
from course_utils.exercises.gan.drawing import STACKED, SpyGenerator, gray, images_of, read
from course_utils.faults import close, expect, expect_close
from course_utils.judging import Criterion, Sheet

HINTS = (
    "The check reads from each image where on the way it is: 0 is z_start, 1 is z_end. Which "
    "positions came, and which were expected?",
    "`torch.linspace(0, 1, steps)` holds both ends. As a column, `t[:, None]`, it goes with a z "
    "of shape (Z,) to (steps, Z): what weights do z_start and z_end have at position t? The "
    "generator wants one label for each row. Mind the device of what you make.",
    "`z = z_start + t[:, None] * (z_end - z_start)` and `labels = torch.full((steps,), label, "
    "device=z.device)`. Remember `generator.training`; call `generator.eval()`; draw in a `try` "
    "under `torch.no_grad()`; restore the mode in `finally`.",
)

ADVICE = {
    "where it takes (B, Z) and (B,)": "`label` is one number, and each row of z needs a label: "
    "make a tensor with as many as there are steps.",
    "must match the size of tensor b": "Make the positions a column, share[:, None].",
    "linspace only supports": "linspace mixes numbers, not vectors: mix z_start and z_end with "
    "shares from 0 to 1.",
}
"""What errors mean here: part of their text -> a sentence."""


def probe(answer: Callable, case: Evidence) -> Evidence:
    way = case["z_start"], case["z_end"]
    label, steps = case["label"], case["steps"]
    run = Recorder(case["seed"])
    spy = partial(SpyGenerator, case)
    draw(run, "images", answer, spy(), *way, label, steps)
    draw(run, "again", answer, spy(), *way, label, steps, training=True)
    draw(run, "two steps", answer, SpyGenerator(gray(case)), *way, 0, 2)
    fail(run, answer, spy, *way, label, steps)
    draw(run, "unknown label", answer, spy(), *way, UNKNOWN, steps, training=True)
    draw_on_devices(run, answer, spy, *way, label, steps)
    return run.evidence


def judge(case: Evidence, key: Evidence, evidence: Evidence) -> list[Criterion]:
    sheet = Sheet(evidence, ADVICE)
    steps = case["steps"]
    with sheet.criterion("shape (steps, *image_shape)", points=1):
        for name in EITHER_MODE:
            _expect_images(case, sheet, name, steps)
    with sheet.criterion("every image is of the class label", points=1):
        for name in EITHER_MODE:
            _, _, labels = seen(case, sheet, name, steps)
            expect_close(
                labels,
                key["labels"],
                {"Every image is of class 0: it has to be of the class label.": 0 * labels},
                "The images are not all of the class that was asked for.",
            )
    with sheet.criterion("the first image is that of z_start, the last that of z_end", points=1):
        for name in EITHER_MODE:
            _expect_ends(case, key, sheet, name)
    with sheet.criterion("equal steps on the straight line between them", points=1):
        for name in EITHER_MODE:
            _expect_line(case, key, sheet, name)
    judge_treatment(sheet, "generator", unknown=("unknown label",))
    sheet.gpu("images", advice="make positions and labels on the device of z_start.")
    return sheet.criteria


def seen(
    case: Evidence, sheet: Sheet, name: str, steps: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Where the z of each image is, how far off the straight line, and its label.

    The position is 0 at z_start and 1 at z_end.
    """
    z, labels = read(_expect_images(case, sheet, name, steps), case["latent_dim"])
    start, way = case["z_start"], case["z_end"] - case["z_start"]
    positions = (z - start) @ way / (way @ way)
    off = (z - start - positions[:, None] * way).abs().max(dim=1).values
    return positions, off, labels


def _expect_images(case: Evidence, sheet: Sheet, name: str, steps: int) -> torch.Tensor:
    mistakes = {
        (steps + 1,): "There is one image too many: steps counts the images, not the gaps.",
        (steps - 1,): "There is one image too few: steps counts the images, both ends included.",
        (steps + 2,): "There are two images too many: both ends are among the steps.",
        (steps, 1): STACKED,
        (1,): "One image came back: make one for each step.",
    }
    return images_of(case, sheet, name, (steps,), mistakes)


def _expect_ends(case: Evidence, key: Evidence, sheet: Sheet, name: str) -> None:
    positions, off, _ = seen(case, sheet, name, case["steps"])
    for end, z in ((0, "z_start"), (-1, "z_end")):
        expect(
            off[end] < 1e-3,
            f"The {'last' if end else 'first'} image is not on the straight line between z_start "
            f"and z_end: there z is {z} itself, without noise and not normalized.",
        )
    expect_close(
        positions[[0, -1]],
        key["ends"],
        {
            "z_end is never reached: torch.arange(steps) / steps stops one step early, "
            "torch.linspace(0, 1, steps) has both ends.": key["ends last missing"],
            "z_start is left out: begin at position 0.": key["ends first missing"],
            "Both ends are left out: torch.linspace(0, 1, steps) has them.": key["ends missing"],
            "The walk goes backwards: the weight of z_end grows.": key["ends reversed"],
        },
        "The walk does not lead from z_start (position 0) to z_end (position 1).",
    )


def _expect_line(case: Evidence, key: Evidence, sheet: Sheet, name: str) -> None:
    positions, off, _ = seen(case, sheet, name, case["steps"])
    expect(
        (off < 1e-3).all(),
        "Some z are not on the straight line between z_start and z_end: linear interpolation is "
        "(1 - t) * z_start + t * z_end (not spherical, not normalized, no noise).",
    )
    gaps = positions.diff()
    expect(
        (gaps.abs() > 1e-3).all(),
        "Some images come from the same z: each step moves on.",
    )
    expect(
        close(gaps, gaps.mean().expand_as(gaps), tolerance=1e-3),
        "The steps are not equally long.",
        key["positions"],
        positions,
    )

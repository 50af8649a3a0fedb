"""Exercise interference-grid: the same z under every label."""

from collections.abc import Callable
from functools import partial

import torch

from course_utils.evidence import Evidence, Recorder
from course_utils.exercises.drawing import (
    EITHER_MODE,
    draw,
    draw_on_devices,
    fail,
    judge_treatment,
)
from course_utils.exercises.gan.drawing import STACKED, SpyGenerator, gray, images_of, read
from course_utils.faults import expect, expect_close
from course_utils.judging import Criterion, Sheet

HINTS = (
    "The check reads from each image which row of z and which label it was made from. Compare the "
    "two tables: in row r every image comes from z[r], in column c every image has label c.",
    "R rows and C labels make R * C pairs. `z.repeat_interleave(C, dim=0)` has the copies of one "
    "row side by side, `torch.arange(C).repeat(R)` counts 0 ... C-1 again and again. "
    "`.unflatten(0, (R, C))` then makes a grid of the images. Mind the device of the labels.",
    "Remember `generator.training`; call `generator.eval()`; in a `try` under `torch.no_grad()` "
    "draw `images = generator(z.repeat_interleave(C, dim=0), labels.repeat(R))` with `labels = "
    "torch.arange(C, device=z.device)`; in `finally` restore the mode. Return a grid.",
)

ADVICE = {
    "where it takes (B, Z) and (B,)": "R rows of z and C labels make R * C pairs: repeat both, so "
    "that each row of z meets each label.",
}
"""What errors mean here: part of their text -> a sentence."""


def probe(answer: Callable, case: Evidence) -> Evidence:
    z, num_classes = case["z"], case["num_classes"]
    run = Recorder(case["seed"])
    spy = partial(SpyGenerator, case)
    draw(run, "images", answer, spy(), z, num_classes)
    draw(run, "again", answer, spy(), z, num_classes, training=True)
    draw(run, "single", answer, SpyGenerator(gray(case)), z[:1], num_classes)
    draw(run, "one class", answer, SpyGenerator(gray(case)), z, 1)
    fail(run, answer, spy, z, num_classes)
    draw_on_devices(run, answer, spy, z, num_classes)
    return run.evidence


def judge(case: Evidence, key: Evidence, evidence: Evidence) -> list[Criterion]:
    sheet = Sheet(evidence, ADVICE)
    size = (len(case["z"]), case["num_classes"])
    with sheet.criterion("shape (R, C, *image_shape)", points=1):
        for name in EITHER_MODE:
            _expect_grid(case, sheet, name, size)
    with sheet.criterion("column c has label c", points=2):
        for name in EITHER_MODE:
            _, labels = seen(case, sheet, name, size)
            expect_close(
                labels,
                key["labels"],
                {
                    "The labels do not change along a row. The pairs are in order z by z, so "
                    "the labels go 0 ... C-1 for each z: labels.repeat(R), and with one batch per "
                    "class, stack along dim=1.": key["labels interleaved"],
                    "The labels start at 1: the classes are 0 ... C-1.": key["labels from 1"],
                    "The order of the labels is reversed.": key["labels reversed"],
                    "Every image is of class 0: ask for every label.": key["labels zero"],
                },
                "The labels in the grid are not 0 ... C-1 in each row.",
            )
    with sheet.criterion("row r comes from z[r]", points=2):
        for name in EITHER_MODE:
            _expect_rows(case, key, sheet, name)
    judge_treatment(sheet, "generator")
    sheet.gpu("images", advice="make the labels on the device of z (device=z.device).")
    return sheet.criteria


def seen(
    case: Evidence, sheet: Sheet, name: str, size: tuple[int, int]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Which row of z and which label each image of the grid comes from; row -1 is another z."""
    images = _expect_grid(case, sheet, name, size)
    z, labels = read(images.flatten(0, 1), case["latent_dim"])
    distances, rows = (z[:, None] - case["z"]).abs().amax(dim=2).min(dim=1)
    rows[distances > 1e-3] = -1
    return rows.view(size), labels.view(size)


def _expect_grid(case: Evidence, sheet: Sheet, name: str, size: tuple[int, int]) -> torch.Tensor:
    rows, columns = size
    mistakes = {
        (columns, rows): "The grid is turned round: one row per z, one column per label.",
        (rows, columns, 1): STACKED,
        (rows, 10): "The grid has as many columns as num_classes says.",
        (rows,): "There is one image per z: draw each z under all C labels.",
        (columns,): "There is one image per label: draw each label with all R z.",
        (rows * columns,): "The images are in one long row: make them a grid, "
        ".unflatten(0, (R, C)).",
    }
    return images_of(case, sheet, name, size, mistakes)


def _expect_rows(case: Evidence, key: Evidence, sheet: Sheet, name: str) -> None:
    rows, _ = seen(case, sheet, name, tuple(key["rows"].shape))
    expect(
        not (rows == -1).any(),
        "Some images come from a z that was not handed over: use z, and draw no noise of your own.",
    )
    expect_close(
        rows,
        key["rows"],
        {
            "The rows of z are in the wrong places: z.repeat(C, 1) puts them one after the other, "
            "z.repeat_interleave(C, dim=0) keeps the copies of one row together. With one batch "
            "per class, stack along dim=1.": key["rows tiled"],
            "Every image comes from z[0]: each row has its own.": key["rows first"],
            "The order of the rows is reversed.": key["rows reversed"],
        },
        "The images of row r do not all come from z[r].",
    )

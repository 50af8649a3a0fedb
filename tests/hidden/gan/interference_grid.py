"""Hidden test of exercise interference-grid: cases, keys and the hidden criterion."""

import torch

from course_utils.evidence import Evidence
from course_utils.exercises.gan.drawing import gray
from course_utils.exercises.gan.interference_grid import seen
from course_utils.faults import expect
from course_utils.judging import Sheet
from hidden.common import RULES, integer


def draw(generator: torch.Generator) -> Evidence:
    num_rows, num_classes = integer(generator, 3, 4), integer(generator, 11, 12)
    latent_dim, height = integer(generator, 9, 10), integer(generator, 7, 8)
    return {
        "seed": integer(generator, 0, 10**6),
        "z": torch.randn(num_rows, latent_dim, generator=generator),
        "latent_dim": latent_dim,
        "num_classes": num_classes,
        "image_shape": torch.tensor([2, height, 11]),
    }


def solve(case: Evidence) -> Evidence:
    size = num_rows, num_classes = len(case["z"]), case["num_classes"]
    rows = torch.arange(num_rows)[:, None].repeat(1, num_classes)
    labels = torch.arange(num_classes).repeat(num_rows, 1)
    place = torch.arange(num_rows * num_classes).view(size)
    return {
        "rows": rows,
        "rows tiled": place % num_rows,
        "rows first": torch.zeros_like(rows),
        "rows reversed": rows.flip(0),
        "labels": labels,
        "labels interleaved": place // num_rows,
        "labels from 1": labels + 1,
        "labels reversed": labels.flip(1),
        "labels zero": torch.zeros_like(labels),
    }


def extra(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    with sheet.criterion(RULES, points=1):
        sheet.tensor("images")
        num_rows, num_classes = key["rows"].shape
        for name, size in (("single", (1, num_classes)), ("one class", (num_rows, 1))):
            rows, labels = seen(gray(case), sheet, name, size)
            expect(
                torch.equal(rows, key["rows"][: size[0], : size[1]])
                and torch.equal(labels, key["labels"][: size[0], : size[1]]),
                f"The grid is wrong for one {'row of z' if name == 'single' else 'class'}.",
            )
        sheet.tidy()

"""Hidden test of exercise latent-traversal: cases, keys and the hidden criterion."""

import torch

from course_utils.evidence import Evidence
from course_utils.exercises.gan.drawing import gray
from course_utils.exercises.gan.latent_traversal import seen
from course_utils.faults import close, expect
from course_utils.judging import Sheet
from hidden.common import integer


def draw(generator: torch.Generator) -> Evidence:
    latent_dim, height = integer(generator, 9, 10), integer(generator, 7, 8)
    z_start, z_end = torch.randn(2, latent_dim, generator=generator)
    return {
        "seed": integer(generator, 0, 10**6),
        "z_start": z_start,
        "z_end": 1.5 * z_end,  # of another length, so that a walk on a sphere shows
        "latent_dim": latent_dim,
        "label": integer(generator, 2, 4),
        "steps": integer(generator, 5, 6),
        "image_shape": torch.tensor([3, height, 11]),
    }


def solve(case: Evidence) -> Evidence:
    steps = case["steps"]
    return {
        "labels": torch.full((steps,), case["label"]),
        "positions": torch.linspace(0, 1, steps),
        "ends": torch.tensor([0.0, 1.0]),
        "ends last missing": torch.tensor([0, 1 - 1 / steps]),
        "ends first missing": torch.tensor([1 / steps, 1]),
        "ends missing": torch.tensor([1 / (steps + 1), steps / (steps + 1)]),
        "ends reversed": torch.tensor([1.0, 0.0]),
    }


def extra(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    with sheet.criterion("two steps under label 0 work, inputs stay, no print", points=1):
        sheet.tensor("images")
        positions, off, labels = seen(gray(case), sheet, "two steps", 2)
        expect(not labels.any(), "With label 0 the images are of another class.")
        expect(
            close(positions, key["ends"], 1e-3) and bool((off < 1e-3).all()),
            "With two steps the images are not those of z_start and z_end.",
            key["ends"],
            positions,
        )
        sheet.tidy()

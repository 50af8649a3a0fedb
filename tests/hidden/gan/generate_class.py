"""Hidden test of exercise generate-class: cases, keys and the hidden criterion."""

import torch

from course_utils.evidence import Evidence
from course_utils.exercises.gan.drawing import gray
from course_utils.exercises.gan.generate_class import seen
from course_utils.faults import expect
from course_utils.judging import Sheet
from hidden.common import RULES, integer, orders_of, orders_show, some_labels


def draw(generator: torch.Generator) -> Evidence:
    latent_dim, num_classes = integer(generator, 18, 20), integer(generator, 4, 5)
    channels, height = integer(generator, 2, 3), integer(generator, 4, 5)
    case = {
        "seed": integer(generator, 0, 10**6),
        "labels": some_labels(generator, integer(generator, 10, 12), num_classes),
        "latent_dim": latent_dim,
        "image_shape": torch.tensor([channels, height, 7]),
    }
    return case if orders_show(case["labels"]) else draw(generator)


def solve(case: Evidence) -> Evidence:
    return orders_of(case["labels"])


def extra(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    with sheet.criterion(RULES, points=1):
        sheet.tensor("images")
        _, labels = seen(gray(case), sheet, "single", 1)
        expect(torch.equal(labels, key["labels"][:1]), "A single image is not of its label.")
        sheet.tidy()

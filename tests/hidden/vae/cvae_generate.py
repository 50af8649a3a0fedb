"""Hidden test of exercise cvae-generate: cases, keys and the hidden criterion."""

import torch

from course_utils.evidence import Evidence
from course_utils.exercises.vae.cvae_generate import seen
from course_utils.faults import expect
from course_utils.judging import Sheet
from hidden.common import RULES, integer, orders_of, orders_show, some_labels


def draw(generator: torch.Generator) -> Evidence:
    num_classes = integer(generator, 4, 6)
    case = {
        "seed": integer(generator, 0, 10**6),
        "labels": some_labels(generator, integer(generator, 10, 12), num_classes),
        "latent_dim": integer(generator, 13, 15),
        "num_classes": num_classes,
    }
    # A single label of the last class would hide codes that are too short for the others.
    good = orders_show(case["labels"]) and case["labels"][0] < num_classes - 1
    return case if good else draw(generator)


def solve(case: Evidence) -> Evidence:
    return orders_of(case["labels"])


def extra(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    with sheet.criterion(RULES, points=1):
        sheet.tensor("images")
        _, labels = seen(case, sheet, "single", 1)
        expect(torch.equal(labels, key["labels"][:1]), "A single image is not of its label.")
        sheet.tidy()

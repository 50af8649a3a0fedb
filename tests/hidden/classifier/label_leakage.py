"""Hidden test of exercise label-leakage: cases, keys and the hidden criterion."""

import torch

from course_utils.evidence import Evidence
from course_utils.faults import expect
from course_utils.judging import Sheet
from hidden.common import RULES, integer, some_labels


def draw(generator: torch.Generator) -> Evidence:
    rows, num_classes = 47, integer(generator, 4, 7)  # a prime: no batch size divides it
    x = -torch.rand(rows, 5, generator=generator) - 1
    x[:, 0] = torch.arange(rows)
    return {
        "seed": integer(generator, 0, 10**6),
        "x": x,
        "condition": some_labels(generator, rows, num_classes),
        "targets": some_labels(generator, rows, num_classes),
        "num_classes": num_classes,
    }


def solve(case: Evidence) -> Evidence:
    return {}  # the permutation is the answer's own: the judge recomputes from what the model saw


def extra(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    with sheet.criterion(RULES, points=1):
        sheet.number("accuracy")
        expect(sheet.number("single") in (0.0, 1.0), "With one row the accuracy is 0 or 1.")
        sheet.tidy()

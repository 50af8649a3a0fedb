"""Hidden test of exercise discriminator: cases, keys and the hidden criterion."""

import torch

from course_utils.evidence import Evidence
from course_utils.judging import Sheet
from hidden.common import RULES, integer
from hidden.networks import draw_labels, expect_small_batches


def draw(generator: torch.Generator) -> Evidence:
    # All sizes differ, so that mixed-up arguments show.
    labels, num_classes = draw_labels(generator)
    return {
        "seed": integer(generator, 0, 10**6),
        "labels": labels,
        "num_classes": num_classes,
        "embedding_dim": integer(generator, 15, 18),
    }


def solve(case: Evidence) -> Evidence:
    return {}  # the contract leaves the weights open: the judge compares answers with each other


def extra(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    with sheet.criterion(RULES, points=1):
        expect_small_batches(sheet)
        sheet.tidy()

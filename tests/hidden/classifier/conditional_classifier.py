"""Hidden test of exercise conditional-classifier: cases, keys and the hidden criterion."""

import torch

from course_utils.evidence import Evidence
from course_utils.judging import Sheet
from hidden.common import RULES, expect_single, integer, some_labels


def draw(generator: torch.Generator) -> Evidence:
    # All sizes differ, so that mixed-up arguments show.
    num_conditions, input_dim = 5, integer(generator, 9, 12)
    condition = some_labels(generator, 24, num_conditions)
    return {
        "seed": integer(generator, 0, 10**6),
        "x": 3 * torch.randn(24, input_dim, generator=generator),
        "condition": condition,
        "input_dim": input_dim,
        "num_conditions": num_conditions,
        "num_classes": integer(generator, 3, 4),
        "embedding_dim": integer(generator, 6, 8),
        "hidden_dim": integer(generator, 16, 20),
    }


def solve(case: Evidence) -> Evidence:
    return {}  # the contract leaves the weights open: the judge compares answers with each other


def extra(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    with sheet.criterion(RULES, points=1):
        # In eval mode a sample alone gives what it gives in a batch.
        expect_single(sheet.tensor("single"), sheet.tensor("logits")[:1])
        sheet.tidy()

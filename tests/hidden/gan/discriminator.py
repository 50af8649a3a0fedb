"""Hidden test of exercise discriminator: cases, keys and the hidden criterion."""

import torch

from course_utils.evidence import Evidence
from course_utils.judging import Sheet, close, expect, expect_shape
from hidden.common import RULES, expect_single, integer

BATCH = 5


def draw(generator: torch.Generator) -> Evidence:
    # All sizes differ, so that mixed-up arguments show; more than ten classes, and the last of
    # them among the labels, so that a fixed ten shows.
    num_classes = integer(generator, 11, 13)
    labels = torch.randperm(num_classes, generator=generator)[:BATCH]
    if not (labels == num_classes - 1).any():
        labels[2] = num_classes - 1
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
        logits = sheet.tensor("output")
        if close(sheet.tensor("few"), logits[:3], 1e-6):
            gone = {(1,): "With one sample a dimension is gone: look for squeeze()."}
            expect_shape(sheet.tensor("single"), (1, 1), gone)
            expect_single(sheet.tensor("single"), logits[:1])
        # Otherwise the batch has a say in each logit, as in minibatch discrimination: no promise
        # is made for one sample.
        pair = sheet.tensor("pair")
        expect_shape(pair, (2, *logits.shape[1:]))
        expect(bool(pair.isfinite().all()), "In train mode a batch of two gives inf or nan.")
        sheet.tidy()

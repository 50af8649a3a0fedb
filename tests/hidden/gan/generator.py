"""Hidden test of exercise generator: cases, keys and the hidden criterion."""

import torch

from course_utils.evidence import Evidence
from course_utils.judging import Sheet, expect, expect_shape
from hidden.common import RULES, expect_single, integer

BATCH = 5


def draw(generator: torch.Generator) -> Evidence:
    # All sizes differ, so that mixed-up arguments show; more than ten classes, and the last of
    # them among the labels, so that a fixed ten shows.
    num_classes, latent_dim = integer(generator, 11, 13), integer(generator, 6, 9)
    labels = torch.randperm(num_classes, generator=generator)[:BATCH]
    if not (labels == num_classes - 1).any():
        labels[2] = num_classes - 1
    return {
        "seed": integer(generator, 0, 10**6),
        "z": torch.randn(BATCH, latent_dim, generator=generator),
        "labels": labels,
        "latent_dim": latent_dim,
        "num_classes": num_classes,
        "embedding_dim": integer(generator, 15, 18),
    }


def solve(case: Evidence) -> Evidence:
    return {}  # the contract leaves the weights open: the judge compares answers with each other


def extra(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    with sheet.criterion(RULES, points=1):
        images = sheet.tensor("output")
        shape = tuple(images.shape[1:])
        gone = {shape: "With one sample a dimension is gone: look for squeeze()."}
        expect_shape(sheet.tensor("single"), (1, *shape), gone)
        # In eval mode a sample alone gives what it gives in a batch.
        expect_single(sheet.tensor("single"), images[:1])
        pair = sheet.tensor("pair")
        expect_shape(pair, (2, *shape))
        expect(bool(pair.isfinite().all()), "In train mode a batch of two gives inf or nan.")
        sheet.tidy()

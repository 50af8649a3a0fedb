"""What the hidden tests share of networks that take a batch and its labels."""

import torch

from course_utils.evidence import Evidence
from course_utils.exercises.networks import output
from course_utils.faults import close, expect, expect_shape
from course_utils.judging import Sheet
from hidden.common import RULES, SQUEEZED, integer

BATCH = 5


def draw_labels(generator: torch.Generator) -> tuple[torch.Tensor, int]:
    """Labels, all different, and the number of classes.

    There are more than ten classes, and the last is among the labels, so that a fixed ten shows;
    it is not among the first two, so that a number of classes counted from the labels shows.
    """
    num_classes = integer(generator, 11, 13)
    labels = torch.randperm(num_classes - 1, generator=generator)[:BATCH]
    labels[2] = num_classes - 1
    return labels, num_classes


def draw_generator_case(generator: torch.Generator, most_latent: int = 9) -> Evidence:
    """What every case of a generator has: a seed, z, labels, and the sizes of both."""
    labels, num_classes = draw_labels(generator)
    latent_dim = integer(generator, 6, most_latent)
    return {
        "seed": integer(generator, 0, 10**6),
        "z": torch.randn(len(labels), latent_dim, generator=generator),
        "labels": labels,
        "latent_dim": latent_dim,
        "num_classes": num_classes,
    }


def expect_small_batches(sheet: Sheet) -> None:
    """Raise a fault unless batches of one and, in train mode, of two get what they should."""
    whole = output(sheet, "output")
    few, pair = sheet.tensor("few"), sheet.tensor("pair")
    grows = "What comes out for a sample has another shape in a batch of another size."
    expect(few.shape[1:] == pair.shape[1:] == whole.shape[1:], grows)
    if not _takes_batch_statistics(sheet):
        single, right = sheet.tensor("single"), whole[:1]
        gone = dict.fromkeys((right[0].shape, right.squeeze().shape), SQUEEZED)
        expect_shape(single, tuple(right.shape), gone)
        alone = (
            "In eval mode a sample alone gives another result than in a batch: look for a mean, a "
            "largest value or a norm over dim 0, and for an `if` about the size of the batch."
        )
        expect(close(single, right), alone)
    expect_shape(pair, (2, *whole.shape[1:]))
    expect(bool(pair.isfinite().all()), "In train mode a batch of two gives inf or nan.")


def solve(case: Evidence) -> Evidence:
    """No key: the weights are left open, so the judge compares answers with each other."""
    return {}


def extra(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    """The hidden criterion: small batches are right, and the house rules."""
    with sheet.criterion(RULES, points=1):
        expect_small_batches(sheet)
        sheet.tidy()


def _takes_batch_statistics(sheet: Sheet) -> bool:
    """Whether a result depends on the rest of its batch, also in eval mode.

    That is allowed, and then no promise is made for one sample. A module that changes its running
    statistics in eval mode has them, and does not use them: that is a mistake.
    """
    stay = sheet.evidence.get("buffers stay") is True
    return stay and not close(sheet.tensor("few"), sheet.tensor("output")[:3], 1e-6)

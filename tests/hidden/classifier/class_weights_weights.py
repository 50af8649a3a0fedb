"""Hidden test of exercise class-weights/weights: cases, keys and the hidden criterion."""

import torch

from course_utils.evidence import Evidence
from course_utils.faults import expect_close
from course_utils.judging import Sheet
from hidden.common import RULES, integer


def draw(generator: torch.Generator) -> Evidence:
    num_classes = integer(generator, 4, 5)
    others = torch.randperm(5, generator=generator)[: num_classes - 3] + 2
    # One class is rare, one common, and the last one absent; the labels are not in order.
    counts = torch.cat([torch.tensor([1, 8]), others])
    counts = counts[torch.randperm(num_classes - 1, generator=generator)]
    labels = torch.repeat_interleave(torch.arange(num_classes - 1), counts)
    labels = labels[torch.randperm(len(labels), generator=generator)]
    return {
        "seed": integer(generator, 0, 10**6),
        "labels": labels.roll(1) if torch.equal(labels, labels.sort().values) else labels,
        "num_classes": num_classes,
    }


def _inverse_frequency(labels: torch.Tensor, num_classes: int) -> torch.Tensor:
    counts = torch.bincount(labels, minlength=num_classes).float()
    return torch.where(counts > 0, len(labels) / (num_classes * counts), 0.0)


def solve(case: Evidence) -> Evidence:
    labels, num_classes = case["labels"], case["num_classes"]
    counts = torch.bincount(labels, minlength=num_classes).float()
    weights = _inverse_frequency(labels, num_classes)
    present = int((counts > 0).sum())
    return {
        "weights": weights,
        "absent": _inverse_frequency(labels, num_classes + 2),
        "single": _inverse_frequency(labels[:1], num_classes),
        "no C": weights * num_classes,
        "no N": weights * num_classes / len(labels),
        "frequency": counts / len(labels),
        "normalized": weights / weights.sum(),
        "present C": weights * num_classes / present,
        "counts": counts,
    }


def extra(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    with sheet.criterion(RULES, points=1):
        expect_close(
            sheet.tensor("single").float(),
            key["single"],
            {},
            "With a single label its class gets N / (C n_c) = 1 / C, the others 0.",
        )
        sheet.tidy()

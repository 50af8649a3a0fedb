"""Hidden test of exercise film: cases, keys and the hidden criterion."""

import torch
import torch.nn.functional as F

from course_utils.evidence import Evidence
from course_utils.faults import expect_shape
from course_utils.judging import Sheet
from hidden.cbn.modulation import expect_alone
from hidden.common import RULES, integer


def draw(generator: torch.Generator) -> Evidence:
    # All sizes differ, so that mixed-up axes and arguments show.
    features, condition_dim = integer(generator, 4, 5), integer(generator, 7, 9)
    shape = (6, features, 2, 3)
    while True:
        mean = torch.randn(1, features, 1, 1, generator=generator)
        case = {
            "seed": integer(generator, 0, 10**6),
            "x": mean + torch.randn(shape, generator=generator),
            "condition": torch.randn(shape[0], condition_dim, generator=generator),
            "pull": torch.randn(shape, generator=generator),
            "num_features": features,
            "condition_dim": condition_dim,
        }
        if case["x"].flatten(2).std(2).min() > 0.3:  # enough to read γ off
            return case


def solve(case: Evidence) -> Evidence:
    """h as it is after the normalizations that do not belong here."""
    h = case["x"]
    return {
        "batch norm": F.batch_norm(h, None, None, training=True),
        "instance norm": F.instance_norm(h),
        "layer norm": F.layer_norm(h, h.shape[1:]),
    }


def extra(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    with sheet.criterion(RULES, points=1):
        expect_alone(sheet)
        expect_shape(sheet.tensor("single in train mode"), (1, *case["x"].shape[1:]))
        sheet.tidy()

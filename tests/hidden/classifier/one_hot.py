"""Hidden test of exercise one-hot: cases, keys and the hidden criterion."""

import torch
import torch.nn.functional as F

from course_utils.evidence import Evidence
from course_utils.judging import Sheet
from hidden.common import RULES, expect_single, integer


def draw(generator: torch.Generator) -> Evidence:
    num_classes = integer(generator, 4, 6)
    labels = torch.randperm(num_classes - 1, generator=generator)  # the last class is absent
    return {
        "seed": integer(generator, 0, 10**6),
        "labels": torch.cat([labels, labels[1:3]]),
        "num_classes": num_classes,
    }


def solve(case: Evidence) -> Evidence:
    labels, num_classes = case["labels"], case["num_classes"]
    codes = F.one_hot(labels, num_classes).float()
    columns = torch.zeros_like(codes)
    columns[:, labels] = 1
    return {
        "codes": codes,
        "zeros": torch.zeros_like(codes),
        "first": codes[:1].repeat(len(labels), 1),
        "label": codes * labels[:, None],
        "left": codes.roll(-1, dims=1),
        "columns": columns,
    }


def extra(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    with sheet.criterion(RULES, points=1):
        expect_single(sheet.tensor("single").float(), key["codes"][-1:])
        sheet.tidy()

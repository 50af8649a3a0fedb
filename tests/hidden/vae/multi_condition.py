"""Hidden test of exercise multi-condition: cases, keys and the hidden criterion."""

import torch
import torch.nn.functional as F

from course_utils.evidence import Evidence
from course_utils.judging import Sheet
from hidden.common import RULES, expect_single, integer, some_labels


def draw(generator: torch.Generator) -> Evidence:
    num_classes, num_levels = integer(generator, 7, 8), integer(generator, 4, 5)
    batch = num_classes + num_levels + integer(generator, 1, 3)
    return {
        "seed": integer(generator, 0, 10**6),
        # The last class and the last level are absent.
        "labels": some_labels(generator, batch, num_classes - 1),
        "levels": some_labels(generator, batch, num_levels - 1),
        "num_classes": num_classes,
        "num_levels": num_levels,
    }


def solve(case: Evidence) -> Evidence:
    labels = F.one_hot(case["labels"], case["num_classes"]).float()
    levels = F.one_hot(case["levels"], case["num_levels"]).float()
    vector = torch.cat([labels, levels], dim=1)
    shared = case["num_levels"]
    pairs = torch.stack([labels[:, :shared], levels], dim=2).flatten(1)
    return {
        "vector": vector,
        "exchanged": torch.cat([levels, labels], dim=1),
        "levels first": torch.cat([levels, labels], dim=1),
        "no levels": torch.cat([labels, 0 * levels], dim=1),
        "no labels": torch.cat([0 * labels, levels], dim=1),
        "left": torch.cat([labels.roll(-1, 1), levels.roll(-1, 1)], dim=1),
        "first": vector[:1].repeat(len(vector), 1),
        "columns": vector.amax(0).repeat(len(vector), 1),
        "alternating": torch.cat([pairs, labels[:, shared:]], dim=1),
    }


def extra(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    with sheet.criterion(RULES, points=1):
        expect_single(sheet.tensor("single").float(), key["vector"][:1])
        sheet.tidy()

"""Hidden test of exercise asked-vs-produced: cases, keys and the hidden criterion."""

import torch
import torch.nn.functional as F

from course_utils.evidence import Evidence
from course_utils.exercises.metrics.asked_vs_produced import matrix_of
from course_utils.faults import expect_close
from course_utils.judging import Sheet
from hidden.common import RULES, integer, some_labels
from hidden.metrics.judges import draw_judge, draw_pixels, logits_of, seen_in


def draw(generator: torch.Generator) -> Evidence:
    """A case with the last class neither asked for nor seen, and with one asked for, one seen."""
    while True:
        count, num_classes = integer(generator, 31, 37), integer(generator, 6, 8)
        last = num_classes - 1
        only_asked, only_seen, *both = torch.randperm(last, generator=generator).tolist()
        case = draw_judge(generator, num_classes)
        case["pixels"] = draw_pixels(generator, case, count, never=[only_asked, last])
        seen = seen_in(case, case["pixels"])
        if len(seen) < count or only_seen not in seen:
            continue
        asked = torch.tensor([only_asked, *both])
        labels = asked[some_labels(generator, count, len(asked))]
        hits = torch.rand(count, generator=generator) < 0.5
        case |= {
            "seed": integer(generator, 0, 10**6),
            "labels": torch.where(hits & (seen != only_seen), seen, labels),
            "num_classes": num_classes,
        }
        if torch.equal(case["labels"].unique(), asked.sort().values) and _mistakes_show(case):
            return case


def _mistakes_show(case: Evidence) -> bool:
    """Whether all values of the key differ, in the rows of the classes that were asked for."""
    key = solve(case)
    key.pop("single")  # a row
    values = torch.stack([matrix[case["labels"].unique()].flatten() for matrix in key.values()])
    distances = torch.cdist(values.nan_to_num(-1), values.nan_to_num(-1), p=torch.inf)
    return bool(distances.fill_diagonal_(1).min() > 0.02)


def solve(case: Evidence) -> Evidence:
    labels, num_classes = case["labels"], case["num_classes"]
    logits = logits_of(case, case["pixels"])
    asked = F.one_hot(labels, num_classes).double()
    produced = F.one_hot(logits.argmax(dim=1), num_classes).double()
    counts = asked.T @ produced
    once = counts.clamp(max=1)
    blind = torch.zeros_like(counts)
    blind[:, case["bias"].argmax()] = 1
    shares, sums = _shares(counts), counts.sum(dim=1).clamp(min=1)
    key = {
        "matrix": shares,
        "transposed": shares.T,
        "rows produced": _shares(counts.T),
        "columns": _shares(counts.T).T,
        "no keepdim": counts / sums,
        "counts": counts,
        "over all": counts / len(labels),
        "percentages": 100 * shares,
        "once": _shares(once),
        "once over asked": once / sums[:, None],
        "diagonal": shares.diag().diag(),
        "soft": asked.T @ logits.softmax(dim=1) / sums[:, None],
        "blind": blind,
        "nan": torch.full_like(counts, torch.nan),
        "single": produced[0],
    }
    return {name: value.float() for name, value in key.items()}  # the example ships in a file


def _shares(counts: torch.Tensor) -> torch.Tensor:
    """The counts with each row divided by its sum, and rows of zeros left as they are."""
    return counts / counts.sum(dim=1, keepdim=True).clamp(min=1)


def extra(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    with sheet.criterion(RULES, points=1):
        sheet.tensor("result")
        asked = case["labels"][0]  # the other rows, of classes never asked for, have a criterion
        expect_close(
            matrix_of(case, sheet, "single")[asked].double(),
            key["single"],
            {},
            "With one image, the row of its label has a single 1.",
        )
        expect_close(
            matrix_of(case, sheet, "last")[-1].double(),
            key["single"],
            {},
            "With one image that was asked to be the last class, the last row has a single 1.",
        )
        sheet.tidy()

"""Hidden test of exercise conditional-accuracy: cases, keys and the hidden criterion."""

import torch

from course_utils.evidence import Evidence
from course_utils.exercises.metrics.conditional_accuracy import accuracy_of, repeated
from course_utils.faults import expect_close
from course_utils.judging import Sheet
from hidden.common import RULES, integer, some_labels
from hidden.metrics.judges import draw_judge, draw_pixels, logits_of, seen_in

BATCH_SIZES = (8, 10, 16, 32, 50, 64, 100, 128, 200, 250, 256)


def draw(generator: torch.Generator) -> Evidence:
    while True:
        count, num_classes = integer(generator, 31, 37), integer(generator, 5, 7)
        case = draw_judge(generator, num_classes)
        case["pixels"] = draw_pixels(generator, case, count)
        if len(case["pixels"]) < count:
            continue
        if logits_of(case, case["pixels"]).argmax() < num_classes:
            continue  # argmax without dim=1 would be a class
        seen = seen_in(case, case["pixels"])
        hits = torch.rand(count, generator=generator) < 0.5
        hits[0] = True  # what is asked about a batch of one
        labels = torch.where(hits, seen, some_labels(generator, count, num_classes))
        case |= {"seed": integer(generator, 0, 10**6), "labels": labels}
        if _mistakes_show(case):
            return case


def _mistakes_show(case: Evidence) -> bool:
    """Whether all values of the key differ, and batches do not average to the right one."""
    hits = seen_in(case, case["pixels"]) == case["labels"]
    many = hits[repeated(len(hits))].double()
    for size in BATCH_SIZES:
        means = torch.stack([part.mean() for part in many.split(size)])
        if abs(means.mean() - many.mean()) < 0.0005:
            return False
    values = torch.stack(list(solve(case).values()))
    return bool(torch.cdist(values, values, p=torch.inf).fill_diagonal_(1).min() > 0.002)


def solve(case: Evidence) -> Evidence:
    pixels, labels = case["pixels"], case["labels"]
    many = repeated(len(labels))
    parts = [_values(case, pixels, labels), _values(case, pixels[many], labels[many])]
    return {name: torch.tensor([part[name] for part in parts]).double() for name in parts[0]}


def _values(case: Evidence, pixels: torch.Tensor, labels: torch.Tensor) -> dict[str, float]:
    """The accuracy on one set of images, right and with known mistakes."""
    logits = logits_of(case, pixels)
    hits = (logits.argmax(dim=1) == labels).double()

    def share(seen: torch.Tensor) -> float:
        return (seen == labels).double().mean().item()

    return {
        "accuracy": hits.mean().item(),
        "percentage": 100 * hits.mean().item(),
        "count": hits.sum().item(),
        "error rate": 1 - hits.mean().item(),
        "nothing": 0.0,
        "probability": logits.softmax(dim=1).gather(1, labels[:, None]).mean().item(),
        "balanced": torch.stack([hits[labels == c].mean() for c in labels.unique()]).mean().item(),
        "all pairs": share(logits.argmax(dim=1, keepdim=True)),
        "argmin": share(logits.argmin(dim=1)),
        "blind": share(case["bias"].argmax()),
        "halved": share(seen_in(case, (pixels + 1) / 2)),
        "doubled": share(seen_in(case, 2 * pixels - 1)),
    }


def extra(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    with sheet.criterion(RULES, points=1):
        expect_close(
            accuracy_of(sheet, "single"),
            1.0,
            {"The accuracy of one image is nan.": float("nan")},
            "With one image, in which the judge sees the class asked for, the accuracy is 1.",
        )
        sheet.tidy()

"""Hidden test of exercise within-class-diversity: cases, keys and the hidden criterion."""

from itertools import combinations

import torch

from course_utils.evidence import Evidence
from course_utils.exercises.metrics.within_class_diversity import LEVELS, MISTAKES, images_of
from course_utils.faults import expect_close, expect_shape
from course_utils.judging import Sheet
from hidden.common import RULES, integer


def draw(generator: torch.Generator) -> Evidence:
    while True:
        case = _attempt(generator)
        key = solve(case)
        names = ("diversity", *MISTAKES.values())
        if all(
            (key[f"{data}{a}"] - key[f"{data}{b}"]).abs().max() > 0.01
            for data in ("", "equal ")
            for a, b in combinations(names, 2)
        ):
            return case


def _attempt(generator: torch.Generator) -> Evidence:
    num_classes = integer(generator, 3, 4)
    counts = torch.tensor([2, 11, 4, 3])[:num_classes]
    counts = counts[torch.randperm(num_classes, generator=generator)]
    labels = torch.repeat_interleave(torch.arange(num_classes), counts)
    labels = labels[torch.randperm(len(labels), generator=generator)]
    # Bright and dark images, so that the distances of pairs differ widely.
    brightness = torch.rand(len(labels), 1, 1, 1, generator=generator)
    grey = brightness * torch.rand(len(labels), 1, 28, 28, generator=generator)
    return {
        "seed": integer(generator, 0, 10**6),
        "levels": (grey * (LEVELS + 1)).to(torch.uint8),
        "labels": labels,
        "num_classes": num_classes,
        "copied": _copied(labels, counts),
        **_few(generator, labels, num_classes),
    }


def _copied(labels: torch.Tensor, counts: torch.Tensor) -> torch.Tensor:
    """Which image stands in each place: all are equal in the class of 4, two in that of 11."""
    copied = torch.arange(len(labels))
    four, many = ((counts[labels] == count).nonzero()[:, 0] for count in (4, 11))
    copied[four] = four[0]
    copied[many[-1]] = many[0]
    return copied


def _few(generator: torch.Generator, labels: torch.Tensor, num_classes: int) -> Evidence:
    """Other labels for the classes, with one that has a single image and some that have none."""
    many = num_classes + 4
    names = torch.randperm(many - 2, generator=generator)[:num_classes].sort().values
    names = torch.cat([names, torch.tensor([many - 2])])  # two gaps come before this class
    lonely = integer(generator, 0, num_classes - 1)
    few = torch.cat([names[:lonely], names[lonely + 1 :]])[labels]
    largest = labels.bincount().argmax()
    few[(labels == largest).nonzero()[-1]] = names[lonely]
    return {"few_labels": few, "many_classes": many}


def solve(case: Evidence) -> Evidence:
    images = images_of(case).double()
    labels, num_classes = case["labels"], case["num_classes"]
    values = _values(images, labels, num_classes)
    equal = _values(images[case["copied"]], labels, num_classes)
    few = _values(images, case["few_labels"], case["many_classes"])
    return {
        **values,
        **{f"equal {name}": value for name, value in equal.items()},
        "few": few["diversity"],
    }


def _values(images: torch.Tensor, labels: torch.Tensor, num_classes: int) -> Evidence:
    """The diversity of each class, and what mistakes make of it."""
    differences = images[:, None] - images
    distances = differences.flatten(2).norm(dim=2)
    rows = differences.norm(dim=4).mean(dim=(2, 3))
    absolute = differences.abs().flatten(2).sum(2)
    everything = torch.ones(len(images), dtype=torch.bool)
    overall = _mean(_pairs(distances, everything))
    found = []
    for c in range(num_classes):
        own = labels == c
        n, x, d = int(own.sum()), images[own].flatten(1), _pairs(distances, own)
        squared = _mean(d.square())
        found.append(
            {
                "diversity": _mean(d),
                "all pairs": _mean(d) * (n - 1) / max(n, 1),
                "squared": squared,
                "root mean square": squared.sqrt(),
                "per pixel": _mean(d) / 28,
                "mean squared error": squared / 784,
                "absolute": _mean(_pairs(absolute, own)),
                "to mean": _mean((x - x.mean(0)).norm(dim=1)),
                "consecutive": _mean(x.diff(dim=0).norm(dim=1)),
                "to first": _mean((x[1:] - x[:1]).norm(dim=1)),
                "first two": _mean(d[:1]),
                "sum": d.sum(),
                "sum twice": 2 * d.sum(),
                "half": _mean(d) / 2,
                "twice": _mean(d) * 2,
                "overall": overall,
                "others": _mean(distances[own][:, ~own]),
                "pixel rows": _mean(_pairs(rows, own)),
                "deviation": _mean(x.std(0)) if n > 1 else overall * 0,
                "variance": _mean(x.var(0)) if n > 1 else overall * 0,
                "three needed": _mean(d) * (n > 2),
                "median": d.median() if n > 1 else overall * 0,
                "largest": d.max() if n > 1 else overall * 0,
            }
        )
    values = {name: torch.stack([one[name] for one in found]).float() for name in found[0]}
    return {**values, "reversed": values["diversity"].flip(0)}


def _pairs(of_pairs: torch.Tensor, own: torch.Tensor) -> torch.Tensor:
    """The entries for the pairs i < j of the images of ``own``."""
    block = of_pairs[own][:, own]
    return block[tuple(torch.triu_indices(len(block), len(block), offset=1))]


def _mean(values: torch.Tensor) -> torch.Tensor:
    """The mean, 0 of nothing."""
    return values.sum() / max(values.numel(), 1)


def extra(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    with sheet.criterion(RULES, points=1):
        single = sheet.tensor("single").float()
        expect_shape(single, (case["num_classes"],))
        message = "With a single image in the batch no class has a pair: all are 0."
        expect_close(single, torch.zeros(case["num_classes"]), {}, message)
        sheet.tidy()

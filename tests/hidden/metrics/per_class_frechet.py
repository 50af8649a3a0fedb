"""Hidden test of exercise per-class-frechet: cases, keys and the hidden criterion."""

from collections.abc import Callable

import torch

from course_utils.evidence import Evidence
from course_utils.exercises.metrics.per_class_frechet import MISTAKES, sides
from course_utils.faults import expect, expect_shape
from course_utils.judging import Sheet
from hidden.common import RULES, integer
from hidden.metrics.frechet import frechet, moments, trace_of_root, traces

COLUMNS = 3
ALL = ((9, 7), (6, 11), (8, 10), (12, 5))
"""Real and fake rows of each class, in an order that the case draws."""
GAPS = ((5, 9), (2, 5), (6, 2), (1, 6), (5, 1), (0, 4), (6, 0))
"""The same where not all classes can be measured."""
GAPS_END = ((7, 6), (0, 0))
"""A class that loses its place where absent ones are not counted, and one without any row."""


def draw(generator: torch.Generator) -> Evidence:
    while True:
        case = _attempt(generator)
        key = solve(case)
        names = ("all", *(f"all {mistake}" for mistake in MISTAKES.values()))
        values = torch.stack([key[name] for name in names])
        # Each mistake shows in every class, and none looks like another one.
        gaps = values.sort(dim=0).values.diff(dim=0) / key["all traces"]
        if (gaps.amin(dim=1) > 0.005).all():
            return case


def _attempt(generator: torch.Generator) -> Evidence:
    complete = [ALL[k] for k in torch.randperm(len(ALL), generator=generator)]
    with_gaps = [GAPS[k] for k in torch.randperm(len(GAPS), generator=generator)]
    return {
        "seed": integer(generator, 0, 10**6),
        **_data("all", complete, generator),
        **_data("gaps", [*with_gaps, *GAPS_END], generator),
    }


def _data(name: str, counts: list[tuple[int, int]], generator: torch.Generator) -> Evidence:
    """Features of classes that differ in mean and in spread, in random order."""
    case = {f"{name} num_classes": len(counts)}
    for side, rows in zip(("real", "fake"), zip(*counts, strict=True), strict=True):
        labels = torch.repeat_interleave(torch.arange(len(counts)), torch.tensor(rows))
        labels = labels[torch.randperm(len(labels), generator=generator)]
        mixing = torch.randn(len(counts), COLUMNS, COLUMNS, generator=generator)
        means = 2 * torch.randn(len(counts), COLUMNS, generator=generator)
        noise = torch.randn(len(labels), 1, COLUMNS, generator=generator)
        case[f"{name} features_{side}"] = (noise @ mixing[labels]).squeeze(1) + means[labels]
        case[f"{name} labels_{side}"] = labels
    return case


def solve(case: Evidence) -> Evidence:
    num_classes = case["gaps num_classes"]
    _, labels_real, _, labels_fake = sides(case, "gaps")
    counts = [labels.bincount(minlength=num_classes) for labels in (labels_real, labels_fake)]
    fewest = torch.minimum(*counts)
    key = {"gaps measured": fewest >= 2, "gaps pairs": fewest == 2}
    for name in ("all", "gaps"):
        key[name] = _per_class(case, name, frechet)
        key[f"{name} traces"] = _per_class(case, name, traces)
    return key | _mistakes(case, key["all"])


def _per_class(case: Evidence, name: str, measure: Callable) -> torch.Tensor:
    """What ``measure`` says of each class, 0 where it has fewer than 2 rows on either side."""
    real, labels_real, fake, labels_fake = sides(case, name)
    classes = range(case[f"{name} num_classes"])
    pairs = [(real[labels_real == c], fake[labels_fake == c]) for c in classes]
    nothing = torch.zeros((), dtype=torch.double)
    return torch.stack([measure(*p) if min(map(len, p)) >= 2 else nothing for p in pairs])


def _mistakes(case: Evidence, right: torch.Tensor) -> Evidence:
    """What known mistakes make of the distances, where all classes can be measured."""
    real, labels_real, fake, labels_fake = sides(case, "all")
    reals = [real[labels_real == c] for c in range(len(right))]
    values = {
        "all": frechet(real, fake).expand_as(right).contiguous(),
        "all fake": torch.stack([frechet(x, fake) for x in reals]),
        "all real": torch.stack([frechet(real, fake[labels_fake == c]) for c in range(len(right))]),
        "others": torch.stack([frechet(x, fake[labels_fake != c]) for c, x in enumerate(reals)]),
        "zero": torch.zeros_like(right),
        "N": _per_class(case, "all", _biased),
        "root": right.sqrt(),
        "means": _per_class(case, "all", _means),
        "shifted": right.roll(-1),
    }
    return {f"all {mistake}": value for mistake, value in values.items()}


def _means(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return (a.double().mean(0) - b.double().mean(0)).square().sum()


def _biased(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """The distance with covariances that divide by N."""
    cov_a, cov_b = (moments(x)[1] * (len(x) - 1) / len(x) for x in (a, b))
    return _means(a, b) + (cov_a + cov_b).trace() - 2 * trace_of_root(cov_a, cov_b)


def extra(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    with sheet.criterion(RULES, points=1):
        single = sheet.tensor("single")
        expect_shape(single, (case["all num_classes"],))
        expect(
            bool(single.isnan().all()),
            "With one sample on either side no class can be measured: all are NaN.",
            torch.full_like(single, torch.nan),
            single,
        )
        sheet.tidy()

"""Hidden test of exercise thickness-levels: cases, keys and the hidden criterion."""

import torch

from course_utils.evidence import Evidence
from course_utils.exercises.vae.thickness_levels import MISTAKES, even
from course_utils.faults import expect_close
from course_utils.judging import Sheet
from hidden.common import RULES, integer

COUNTS = {4: 24, 5: 30, 7: 21}  # num_levels and 3 divide them


def draw(generator: torch.Generator) -> Evidence:
    while True:
        case = _attempt(generator)
        key = solve(case)
        shown = [tuple(key[name].tolist()) for name in ("three", *MISTAKES.values())]
        if len(set(shown)) == len(shown):
            return case


def _attempt(generator: torch.Generator) -> Evidence:
    """Skewed values, well apart, in random order; among the ties one value has a majority."""
    num_levels = (4, 5, 7)[integer(generator, 0, 2)]
    count = COUNTS[num_levels]
    gaps = 0.02 + torch.rand(count + 1, generator=generator)
    values = (gaps.cumsum(0) / 4).exp()
    repeats = torch.tensor([2, 1, 14, 3, 1, 4])[torch.randperm(6, generator=generator)]
    ties = values[:18:3].repeat_interleave(repeats)
    return {
        "seed": integer(generator, 0, 10**6),
        "thickness": values[torch.randperm(count + 1, generator=generator)],
        "ties": ties[torch.randperm(len(ties), generator=generator)],
        "count": count,
        "num_levels": num_levels,
    }


def _bins(thickness: torch.Tensor, num_levels: int) -> torch.Tensor:
    """The right levels where num_levels divides the number of values, and no two are equal."""
    ranks = thickness.argsort().argsort()
    return ranks * num_levels // len(thickness)


def solve(case: Evidence) -> Evidence:
    thickness = case["thickness"][: case["count"]]
    three = _bins(thickness, 3)
    low, high = thickness.aminmax()
    return {
        "three": three,
        "reversed": 2 - three,
        "equal width": ((thickness - low) / (high - low) * 3).long().clamp(max=2),
        "one too many": (thickness.argsort().argsort() - 1).clamp(min=0) * 3 // len(thickness),
        "deviation": torch.bucketize(
            thickness, thickness.mean() + thickness.std() * torch.tensor([-0.5, 0.5])
        ),
        "sorted": three.sort().values,
        "places": thickness.argsort() * 3 // len(thickness),
        **{
            name: _bins(case["thickness"][:count], num_levels)
            for name, (count, num_levels) in even(case).items()
        },
    }


def extra(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    with sheet.criterion(RULES, points=1):
        message = "A single value and a single level: the level is 0."
        expect_close(sheet.tensor("single"), torch.tensor([0]), {}, message)
        sheet.tidy()

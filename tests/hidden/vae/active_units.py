"""Hidden test of exercise active-units: cases, keys and the hidden criterion."""

import torch

from course_utils.evidence import Evidence
from course_utils.exercises.vae.active_units import count
from course_utils.faults import expect
from course_utils.judging import Sheet
from hidden.common import RULES, integer


def draw(generator: torch.Generator) -> Evidence:
    while True:
        case = _attempt(generator)
        key = solve(case)
        shown = [tuple(counts.tolist()) for counts in key.values()]
        by_default = [int(key[name][0]) for name in ("counts", "deviation", "square")]
        shows = len(set(shown)) == len(shown) and by_default.count(by_default[0]) == 1
        # Each mistake shows, and the common ones do so at 0.01 as well; 16 is the usual Z.
        if shows and case["mu"].shape[1] != 16:
            return case


def _attempt(generator: torch.Generator) -> Evidence:
    """Variances on both sides of all thresholds; biased and unbiased ones are on the same side."""
    low, high = torch.rand(2, generator=generator).tolist()
    thresholds = [0.01, 3e-4 * (1 + low), 0.5 * (1 + high), 0.0]
    variances = [4.0] * integer(generator, 1, 2)
    for threshold in thresholds[:3]:
        variances += [0.75 * threshold] * integer(generator, 1, 2)
        variances += [1.35 * threshold] * integer(generator, 1, 2)
    fixed, dead = integer(generator, 3, 5), integer(generator, 1, 3)
    variances += [3e-5] * fixed + [0.0] * dead
    units = len(variances)
    noise = torch.randn(units + integer(generator, 4, 9), units, generator=generator)
    noise += 2 * noise[:, :1]  # correlated: the variances are not those of principal directions
    mu = (noise - noise.mean(0)) / noise.std(0) * torch.tensor(variances).sqrt()
    mu[:, units - dead - fixed : units - dead] += 1.5  # nearly constant, but not 0
    return {
        "seed": integer(generator, 0, 10**6),
        "mu": mu[:, torch.randperm(units, generator=generator)],
        "thresholds": torch.tensor(thresholds),
    }


def solve(case: Evidence) -> Evidence:
    mu, thresholds = case["mu"], case["thresholds"]

    def above(measure: torch.Tensor) -> torch.Tensor:
        return (measure > thresholds[:, None]).sum(1)

    counts = above(mu.var(0))
    return {
        "counts": counts,
        "inactive": mu.shape[1] - counts,
        "deviation": above(mu.std(0)),
        "square": above(mu.square().mean(0)),
        "size": above(mu.abs().mean(0)),
        "mean": above(mu.mean(0).abs()),
        "rows": above(mu.var(1)),
        "all": torch.full_like(counts, mu.shape[1]),
        "default": counts[:1].expand_as(counts).contiguous(),
        "varying": counts[-1:].expand_as(counts).contiguous(),
        "zero": torch.where(thresholds == 0, counts[0], counts),
        "at least": (mu.var(0) >= thresholds[:, None]).sum(1),
        "steps": above(mu.diff(dim=0).var(0)),  # has no sentence: it looks like other ones
    }


def extra(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    with sheet.criterion(RULES, points=1):
        expect(
            count(sheet, "single") == 0,
            "With a single row nothing varies: 0 dimensions are active.",
            0,
            count(sheet, "single"),
        )
        sheet.tidy()

"""Hidden test of exercise frechet-distance: cases, keys and the hidden criterion."""

import torch

from course_utils.evidence import Evidence
from course_utils.exercises.metrics.frechet_distance import (
    MISTAKES,
    WINDOW,
    WINDOWS,
    equal_sets,
    expect_deficient,
    pairs,
)
from course_utils.judging import Sheet
from hidden.common import integer
from hidden.metrics.frechet import frechet, moments, root, trace_of_root, traces


def draw(generator: torch.Generator) -> Evidence:
    while True:
        case = _attempt(generator)
        key = solve(case)
        values = torch.stack([key[name] for name in ("full", *MISTAKES.values())])
        values = values[values.isfinite()]
        # Each mistake shows, and none looks like another one.
        if values.sort().values.diff().min() > 0.005 * key["full traces"]:
            return case


def _attempt(generator: torch.Generator) -> Evidence:
    columns = integer(generator, 6, 9)
    rows = WINDOWS + WINDOW + integer(generator, 0, 4), integer(generator, 20, 27)

    def features(count: int) -> torch.Tensor:
        mixing = torch.randn(columns, columns, generator=generator)
        mean = 1.5 * torch.randn(columns, generator=generator)
        return torch.randn(count, columns, generator=generator) @ mixing + mean

    return {
        "seed": integer(generator, 0, 10**6),
        "features_a": features(rows[0]),
        "features_b": features(rows[1]),
    }


def solve(case: Evidence) -> Evidence:
    key = _mistakes(case["features_a"], case["features_b"])
    for name, pair in pairs(case).items():
        key[name], key[f"{name} traces"] = frechet(*pair), traces(*pair)
    key["equal traces"] = torch.stack([traces(x, x) for x in equal_sets(case)])
    return key


def _mistakes(a: torch.Tensor, b: torch.Tensor) -> Evidence:
    """What known mistakes make of the distance."""
    (mean_a, cov_a), (mean_b, cov_b) = moments(a), moments(b)
    means = (mean_a - mean_b).square().sum()
    both, product = (cov_a + cov_b).trace(), cov_a @ cov_b
    spread = both - 2 * trace_of_root(cov_a, cov_b)

    def with_others(other_a: torch.Tensor, other_b: torch.Tensor) -> torch.Tensor:
        """The distance, with other matrices for the covariances."""
        return means + (other_a + other_b).trace() - 2 * trace_of_root(other_a, other_b)

    share_a, share_b = ((len(x) - 1) / len(x) for x in (a, b))
    outer_a, outer_b = (
        cov + len(x) / (len(x) - 1) * torch.outer(mean, mean)
        for x, mean, cov in ((a, mean_a, cov_a), (b, mean_b, cov_b))
    )
    return {
        "N": with_others(share_a * cov_a, share_b * cov_b),
        "norm": means.sqrt() + spread,
        "mean square": means / a.shape[1] + spread,
        "no means": spread,
        "no covariances": means,
        "diagonals": means + both - 2 * (cov_a.diagonal() * cov_b.diagonal()).sqrt().sum(),
        # An entry of Sa Sb may be negative, and has no root: no distance is infinite.
        "entries": (means + both - 2 * product.sqrt().trace()).nan_to_num(torch.inf),
        "once": means + spread / 2 + both / 2,
        "no root": means + both - 2 * product.trace(),
        "root of trace": means + both - 2 * product.trace().sqrt(),
        "root of all": (means + spread).sqrt(),
        "singular": means + both - 2 * torch.linalg.svdvals(product).sqrt().sum(),
        "one half": means + both - 2 * torch.linalg.eigvalsh(product).clamp(min=0).sqrt().sum(),
        "roots": means + both - 2 * (root(cov_a) @ root(cov_b)).trace(),
        "uncentred": with_others(outer_a, outer_b),
        "correlations": with_others(torch.corrcoef(a.T.double()), torch.corrcoef(b.T.double())),
        "scatter": with_others(cov_a * (len(a) - 1), cov_b * (len(b) - 1)),
    }


def extra(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    with sheet.criterion("two rows are enough, inputs stay as they are, no print", points=1):
        expect_deficient(sheet, key, "two rows", "two rows in one set")
        sheet.tidy()

"""Judging random draws: z ~ N(0, I), and the labels that a generator is asked for.

A right draw fails less than once in 10^6 times. For z the bounds are proved for any number of
draws; for labels they are six standard deviations, with the hundreds that the probes make.
"""

import math

import torch

from course_utils.faults import Fault, expect, expect_shape

SIGMAS = 6
RARE = 17  # exp(-RARE) is 4 in 10^8


def expect_z(z: torch.Tensor, labels: torch.Tensor, latent_dim: int) -> None:
    """Raise a fault unless ``z`` has a row of ``latent_dim`` numbers per label, all different."""
    mistakes = {
        (1, latent_dim): "One z for the whole batch: draw one per sample.",
        (latent_dim,): "One z for the whole batch: draw one per sample.",
    }
    expect_shape(z, (len(labels), latent_dim), mistakes)
    expect(bool(z.isfinite().all()), "z holds inf or nan.")
    expect(len(z.unique(dim=0)) == len(z), "Several samples share one z: draw one for each.")
    mirrored = "Some z are others with the sign turned: draw each one afresh."
    expect(len(z.abs().unique(dim=0)) == len(z), mirrored)
    columns = z.unique(dim=1).shape[1]
    expect(columns == latent_dim, "Columns of z are equal: draw latent_dim numbers per sample.")


def expect_normal(z: torch.Tensor) -> None:
    """Raise a fault unless ``z`` (N, Z), N at least 150, looks drawn from N(0, I).

    The bounds hold for any such size. Each side of each is crossed by a right z with a probability
    of at most exp(-RARE): for all eight together, that is less than 1 in 2 million.
    """
    z, (rows, columns), count = z.double(), z.shape, z.numel()
    expect(
        bool((z < 0).any()),
        "z is never negative: torch.rand is uniform on [0, 1), torch.randn is N(0, 1).",
    )
    # A correlation of independent normal columns: P(|r| > c) <= (1 - c^2)^((N - 2) / 2).
    pairs = max(1, columns * (columns - 1) // 2)
    largest = math.sqrt(-math.expm1(-2 * (RARE + math.log(pairs)) / (rows - 2)))
    between = torch.corrcoef(z.T).reshape(columns, columns) - torch.eye(columns)
    expect(
        bool(between.abs().max() < largest),
        "The numbers in one z depend on each other: all Z of them are drawn on their own.",
    )
    mean, square = z.mean().item(), z.square().mean().item()
    shifted = "The mean of z is not 0: draw it with torch.randn."
    expect(abs(mean) < math.sqrt(2 * RARE / count), shifted, 0.0, mean)
    # Laurent and Massart: how far chi-square gets from its mean; up a little further than down.
    step = 2 * math.sqrt(RARE / count)
    scaled = "The numbers in z are too large or too small: N(0, I) has standard deviation 1."
    expect(-step < square - 1 < step + 2 * RARE / count, scaled, 1.0, math.sqrt(square))
    # The lengths' deviation is 0.6 or more on average, and its P(0.5 less) <= exp(-(N - 1) / 8).
    expect(bool(z.norm(dim=1).std() > 0.1), "All z have the same length: do not normalize them.")
    _expect_shape_of_normal(z.flatten().sort().values)


def _expect_shape_of_normal(values: torch.Tensor) -> None:
    """Raise a fault unless these numbers, in ascending order, look drawn from N(0, 1)."""
    count = len(values)
    ranks = torch.linspace(0, 1, count, dtype=values.dtype)
    # Dvoretzky, Kiefer and Wolfowitz: P(distance > d) <= 2 exp(-2 n d^2).
    expect(
        bool((torch.special.ndtr(values) - ranks).abs().max() < math.sqrt(RARE / 2 / count)),
        "z is not normally distributed: draw it with torch.randn.",
    )
    tail = torch.special.ndtri(torch.tensor(RARE / count)).item()  # all above: (1 - RARE / n)^n
    expect(
        bool(values[0] < tail and values[-1] > -tail),
        "z is not normally distributed, since it has no large numbers: draw it with torch.randn, "
        "and do not cut it off.",
    )


def expect_labels(labels: torch.Tensor, count: int, num_classes: int) -> None:
    """Raise a fault unless these are ``count`` whole numbers in [0, ``num_classes``)."""
    expect(
        not labels.is_floating_point(),
        "The labels for the generator are not whole numbers: torch.randint gives int64.",
    )
    expect_shape(labels, (count,))
    expect(
        bool(((labels >= 0) & (labels < num_classes)).all()),
        f"A label outside 0 ... {num_classes - 1} was asked for: classes are counted from 0.",
    )


def expect_distribution(
    labels: torch.Tensor, num_classes: int, own: torch.Tensor | None = None
) -> None:
    """Raise a fault unless ``labels`` look uniform, or distributed as the batch's ``own`` are."""
    count = len(labels)
    shares = labels.bincount(minlength=num_classes) / count
    if own is not None and _are_near(shares, own.bincount(minlength=num_classes) / len(own), count):
        return
    expect(int((shares > 0).sum()) > 1, "One label for the whole batch: draw one per sample.")
    expect(
        bool(shares[-1] > 0),
        "The last class is never asked for: the upper end of torch.randint does not count.",
    )
    expect(bool(shares[0] > 0), "Class 0 is never asked for: torch.randint starts at 0.")
    if not _are_near(shares, torch.full_like(shares, 1 / num_classes), count):
        raise Fault("Some classes are asked for more often than others: draw them uniformly.")


def _are_near(shares: torch.Tensor, expected: torch.Tensor, count: int) -> bool:
    bound = SIGMAS * (expected * (1 - expected) / count).sqrt()
    return bool(((shares - expected).abs() <= bound + 1e-6).all())

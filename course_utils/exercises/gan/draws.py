"""Judging random draws: z ~ N(0, I), and the labels that a generator is asked for.

The statistics have bounds of six standard deviations: with the hundreds of draws that the probes
make, a right draw fails less than once in 10^6 times.
"""

import math

import torch

from course_utils.judging import Fault, expect, expect_shape

SIGMAS = 6
BEYOND_2 = math.erfc(math.sqrt(2))  # the share of N(0, 1) beyond 2 in size


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
    """Raise a fault unless the numbers in ``z`` look drawn from N(0, 1)."""
    advice = "z comes from N(0, I): torch.randn."
    expect(bool((z < 0).any()), f"z is never negative; {advice}")
    count = z.numel()
    _expect_near(z.mean(), 0, 1 / count, f"The mean of z is not 0; {advice}")
    spread = f"The numbers in z have another variance than 1; {advice}"
    _expect_near(z.square().mean(), 1, 2 / count, spread)
    tails = f"z has not the tails of a normal distribution; {advice}"
    beyond = (z.abs() > 2).float().mean()
    _expect_near(beyond, BEYOND_2, BEYOND_2 * (1 - BEYOND_2) / count, tails)


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


def _expect_near(value: torch.Tensor, expected: float, variance: float, message: str) -> None:
    near = bool((value - expected).abs() <= SIGMAS * math.sqrt(variance))
    expect(near, message, expected, value.item())


def _are_near(shares: torch.Tensor, expected: torch.Tensor, count: int) -> bool:
    bound = SIGMAS * (expected * (1 - expected) / count).sqrt()
    return bool(((shares - expected).abs() <= bound + 1e-6).all())

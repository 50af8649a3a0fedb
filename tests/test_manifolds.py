"""Precision, recall, density and coverage agree with scikit-learn and with known values."""

import math

import numpy as np
import pytest
import torch
from sklearn.neighbors import NearestNeighbors

from course_utils.manifolds import PRDC, coverage, precision_recall_density_coverage
from course_utils.pretend_gpu import pretend_gpu

LINE = torch.tensor([[0.0], [1.0], [3.0], [7.0], [15.0]])
"""Nearest neighbours at 1, 1, 2, 4 and 8: with k = 1 the balls are [-1, 1], [0, 2], [1, 5], ..."""


def held(centres: np.ndarray, points: np.ndarray, k: int) -> np.ndarray:
    """Whether each centre's ball holds each point, by a tree that leaves the centre itself out."""
    neighbours = NearestNeighbors(n_neighbors=k, algorithm="kd_tree").fit(centres)
    radii = neighbours.kneighbors()[0][:, -1]  # without arguments: of the centres, not themselves
    tree = NearestNeighbors(algorithm="kd_tree").fit(points)
    found = np.zeros((len(centres), len(points)), dtype=bool)
    for i, (centre, radius) in enumerate(zip(centres, radii, strict=True)):
        found[i, tree.radius_neighbors(centre[None], radius, return_distance=False)[0]] = True
    return found


def reference(real: torch.Tensor, fake: torch.Tensor, k: int) -> PRDC:
    real, fake = real.double().numpy(), fake.double().numpy()
    in_real, in_fake = held(real, fake, k), held(fake, real, k)
    return PRDC(
        np.count_nonzero(in_real.any(0)) / len(fake),
        np.count_nonzero(in_fake.any(0)) / len(real),
        in_real.sum() / (k * len(fake)),
        np.count_nonzero(in_real.any(1)) / len(real),
    )


@pytest.mark.parametrize("k", [1, 3, 5, 8])
@pytest.mark.parametrize("shape", [(40, 30, 5), (25, 60, 2), (9, 9, 16), (200, 150, 3)])
def test_it_agrees_with_scikit_learn(shape, k):
    real_count, fake_count, size = shape
    for scale in (0.5, 1, 2):
        real, fake = torch.randn(real_count, size), scale * torch.randn(fake_count, size) + 0.7
        measured = precision_recall_density_coverage(real, fake, k)
        assert measured == pytest.approx(reference(real, fake, k))
        assert coverage(real, fake, k) == measured.coverage


def test_it_agrees_where_features_are_equal():
    """Balls of radius 0, and points on the surface: whole numbers have exact distances."""
    for _ in range(20):
        real, fake = torch.randint(4, (2, 24, 2)).float()
        real[:6] = real[0]
        for k in (1, 2, 5):
            measured = precision_recall_density_coverage(real, fake, k)
            assert measured == pytest.approx(reference(real, fake, k))


def test_points_on_a_line():
    fake = torch.tensor([[0.5], [2.5], [11.5], [100.0]])  # nearest neighbours at 2, 2, 9, 88.5
    measured = precision_recall_density_coverage(LINE, fake, k=1)
    # 0.5 lies in the balls of 0 and 1, 2.5 in that of 3, 11.5 in that of 15 ([7, 23]) alone.
    assert measured.precision == 3 / 4
    assert measured.density == (2 + 1 + 1 + 0) / 4
    assert measured.coverage == 4 / 5
    # Fake balls: [-1.5, 2.5], [0.5, 4.5], [2.5, 20.5] and [11.5, 188.5].
    assert measured.recall == 1


def test_recall_is_not_precision():
    narrow = torch.tensor([[2.7], [2.8], [2.98]])  # the last ball, [2.8, 3.16], holds 3
    measured = precision_recall_density_coverage(LINE, narrow, k=1)
    assert measured == (1, 1 / 5, 1, 1 / 5)
    swapped = precision_recall_density_coverage(narrow, LINE, k=1)
    assert swapped[:2] == (1 / 5, 1)


def test_a_point_on_the_surface_counts():
    assert precision_recall_density_coverage(LINE, torch.full((3, 1), -1.0), k=1).precision == 1
    assert precision_recall_density_coverage(LINE, torch.full((3, 1), -1.01), k=1).precision == 0
    assert coverage(LINE, torch.tensor([[-1.0]]), k=1) == 1 / 5


@pytest.mark.parametrize("k", [1, 5])
def test_memorised_copies_look_perfect(k):
    real = torch.randn(50, 8)
    measured = precision_recall_density_coverage(real, real[torch.randperm(50)], k)
    assert (measured.precision, measured.recall, measured.coverage) == (1, 1, 1)
    # Each copy lies in its own ball too: k others lie in a ball on average, and itself.
    assert measured.density == pytest.approx((k + 1) / k)


def test_one_image_again_and_again_is_found_out():
    real = torch.randn(60, 3)
    measured = precision_recall_density_coverage(real, real[:1].expand(60, -1))
    assert measured.precision == 1
    assert measured.recall == 1 / 60
    assert measured.coverage < 0.4


def test_equal_images_on_both_sides_are_near_each_other():
    """With more than k copies the balls have radius 0, and still hold another copy."""
    real = fake = torch.ones(8, 4)
    assert precision_recall_density_coverage(real, fake, k=5) == (1, 1, 8 / 5, 1)
    assert precision_recall_density_coverage(real, fake + 1e-3, k=5) == (0, 0, 0, 0)


def test_clusters_far_apart_have_nothing_in_common():
    real, fake = torch.randn(2, 40, 4)
    assert precision_recall_density_coverage(real, fake + 100) == (0, 0, 0, 0)
    both = torch.cat([fake[:20], fake[20:] + 100])
    measured = precision_recall_density_coverage(real, both)
    assert measured.precision <= 1 / 2 and measured.density < 1
    half_lost = precision_recall_density_coverage(torch.cat([real[:20], real[20:] + 100]), fake)
    assert half_lost.recall <= 1 / 2 and half_lost.coverage <= 1 / 2


def test_an_outlier_fools_precision_more_than_density():
    """A real image far from the rest has a ball so large that it holds fakes in between."""
    real, fake = torch.randn(2, 100, 4)
    real[0] += 20
    measured = precision_recall_density_coverage(real, 0.5 * fake + 20 / 2)
    assert measured.precision > 0.9
    assert measured.density == pytest.approx(measured.precision / 5, rel=0.01)
    assert measured.coverage == 1 / 100


@pytest.mark.parametrize(("n", "m", "k"), [(300, 300, 5), (300, 200, 1), (150, 400, 3)])
def test_the_expectations_for_the_same_distribution(n, m, k):
    """Among the n - 1 + m other features each order of nearness is equally likely.

    So a fake is nearer to a real one than its k-th neighbour with probability k / n, and all of
    the k nearest are real with the probability below (Naeem et al. 2020).
    """
    runs = [
        precision_recall_density_coverage(torch.randn(n, 3), torch.randn(m, 3), k)
        for _ in range(20)
    ]
    uncovered = math.prod((n - 1 - i) / (n - 1 + m - i) for i in range(k))
    # The means of 20 runs have standard deviations of 0.02 at most.
    assert np.mean([run.density for run in runs]) == pytest.approx(1, abs=0.06)
    assert np.mean([run.coverage for run in runs]) == pytest.approx(1 - uncovered, abs=0.06)


def test_nearly_equal_images_are_told_apart():
    """Where distances are far smaller than the features, the matrix product would lose them."""
    real = 1000 + 0.01 * torch.randn(40, 4)
    assert precision_recall_density_coverage(real, real + 0.1) == (0, 0, 0, 0)
    assert precision_recall_density_coverage(real, real.flip(0)) == (1, 1, pytest.approx(6 / 5), 1)


def test_k_is_five_unless_said_otherwise():
    real, fake = torch.randn(40, 5), torch.randn(30, 5) + 1
    assert precision_recall_density_coverage(real, fake) == reference(real, fake, 5)
    assert coverage(real, fake) == coverage(real, fake, 5) > coverage(real, fake, 3)


def test_too_few_are_refused_in_one_sentence():
    def given(real: int, fake: int) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.rand(real, 3), torch.rand(fake, 3)

    with pytest.raises(ValueError, match=r"^There are 5 real features; at least 6 are needed\.$"):
        precision_recall_density_coverage(*given(5, 9))
    with pytest.raises(ValueError, match=r"^There are 5 fake features; at least 6 are needed\.$"):
        precision_recall_density_coverage(*given(9, 5))
    with pytest.raises(ValueError, match=r"^There are 2 real features; at least 3 are needed\.$"):
        coverage(*given(2, 9), k=2)
    with pytest.raises(ValueError, match=r"^There are 0 fake features; at least 1 are needed\.$"):
        coverage(*given(9, 0))
    precision_recall_density_coverage(*given(6, 6))
    coverage(*given(6, 1))


def test_it_measures_on_a_gpu():
    real, fake = torch.randn(30, 4), torch.randn(20, 4)
    expected = precision_recall_density_coverage(real, fake)
    with pretend_gpu() as gpu:
        assert precision_recall_density_coverage(real.to(gpu), fake.to(gpu)) == expected

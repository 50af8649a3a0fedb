"""The three numbers agree with independent computations, and each sees its own kind of fault."""

import numpy as np
import pytest
import scipy.linalg
import scipy.spatial.distance
import torch

from course_utils import quality
from course_utils.pretend_gpu import pretend_gpu
from course_utils.quality import Quality, QualityMeter, within_class_diversity


def frechet_distance(first: torch.Tensor, second: torch.Tensor) -> float:
    """Heusel et al. (2017), equation 6, between features `(N, F)` and `(M, F)`."""
    a, b = first.double().numpy(), second.double().numpy()
    means = np.square(a.mean(0) - b.mean(0)).sum()
    # Where the covariances are A'A and B'B, the root of their product has the trace of the root of
    # (AB')'(AB'), the sum of AB's singular values. Nothing is lost where they have no full rank.
    both = np.linalg.norm((a - a.mean(0)) @ (b - b.mean(0)).T, "nuc")
    both /= np.sqrt((len(a) - 1) * (len(b) - 1))
    return means + np.trace(np.cov(a.T)) + np.trace(np.cov(b.T)) - 2 * both


def mean_distance(judge, images, labels, data) -> float:
    """The mean over classes of the Fréchet distance to the held-out images."""
    with torch.no_grad():
        made, real = judge.features(images), judge.features(data.test_images)
    return np.mean(
        [frechet_distance(made[labels == k], real[data.test_labels == k]) for k in range(10)]
    )


@pytest.fixture(scope="module")
def means(digits):
    """The mean training image of each class."""
    images, labels = digits.train_images, digits.train_labels
    return torch.stack([images[labels == k].mean(0) for k in range(10)])


def test_the_reference_is_the_published_formula():
    a, b = torch.randn(50, 4) + 1, torch.randn(40, 4) * 2
    first, second = np.cov(a.T.numpy()), np.cov(b.T.numpy())
    means = (a.mean(0) - b.mean(0)).square().sum().item()
    expected = means + np.trace(first + second - 2 * scipy.linalg.sqrtm(first @ second))
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-5)


def test_the_frechet_distance_agrees_with_an_independent_one(meter, judge, digits):
    blurred = (digits.train_images + digits.train_images.roll(4, dims=3)) / 2
    labels = digits.train_labels
    expected = mean_distance(judge, blurred, labels, digits) / mean_distance(
        judge, digits.train_images, labels, digits
    )
    measured = meter.measure(blurred, labels).floors
    assert measured == pytest.approx(expected, rel=1e-3)
    assert measured > 1.5


def test_real_training_images_are_one_floor_away_and_as_diverse(meter, digits):
    measured = meter.measure(digits.train_images, digits.train_labels)
    assert measured.floors == pytest.approx(1, rel=1e-6)
    assert measured.diversity == pytest.approx(1, rel=1e-6)
    assert measured.accuracy > 0.99


def test_held_out_images_are_the_reference(meter, digits, judge):
    right = judge(digits.test_images).argmax(1) == digits.test_labels
    assert meter.real.accuracy == pytest.approx(right.float().mean().item())
    assert meter.real.floors == 1
    assert meter.real.diversity == pytest.approx(1, abs=0.05)
    assert meter.measure(digits.test_images, digits.test_labels).floors == pytest.approx(
        0, abs=0.01
    )


def test_class_means_are_found_out_by_diversity_and_distance(meter, means):
    measured = meter(lambda labels: means[labels])
    assert measured.accuracy == 1
    assert measured.diversity == 0
    assert measured.floors > 5


def test_permuted_labels_are_found_out_by_accuracy(meter, digits):
    images = digits.train_images
    measured = meter(lambda labels: images[torch.randperm(len(labels))])
    # The share of 1,437 that is right by chance has a standard deviation of 0.008.
    assert measured.accuracy == pytest.approx(0.1, abs=0.04)
    assert measured.diversity > 1.1
    assert measured.floors > 5


def test_a_measurement_does_not_depend_on_those_before(meter, means, digits):
    first = meter(lambda labels: means[labels])
    meter.measure(digits.test_images, digits.test_labels)
    assert meter(lambda labels: means[labels]) == first


def test_the_generator_draws_in_chunks_and_without_gradients(monkeypatch, meter, digits, means):
    whole = meter(lambda labels: means[labels])
    asked = []

    def draw(labels):
        assert not torch.is_grad_enabled()
        asked.append(labels)
        return means[labels]

    monkeypatch.setattr(quality, "CHUNK", 500)
    parts = meter(draw)
    assert [len(labels) for labels in asked] == [500, 500, 437]
    assert torch.equal(torch.cat(asked), digits.train_labels)
    assert parts == pytest.approx(whole, rel=1e-4)


def test_diversity_is_the_mean_distance_of_pairs():
    images, labels = torch.rand(90, 3, 5, 4), torch.arange(90) % 2 * 2  # no class 1
    labels[:7] = 1
    expected = [
        scipy.spatial.distance.pdist(images[labels == k].flatten(1).numpy()).mean()
        for k in range(3)
    ]
    diversity = within_class_diversity(images, labels, 3)
    torch.testing.assert_close(diversity, torch.tensor(expected, dtype=torch.float32))
    assert torch.equal(diversity[1], torch.pdist(images[:7].flatten(1)).mean())


@pytest.mark.parametrize("count", [2, 144])  # cdist would take another way from 26 on
def test_identical_images_have_no_diversity(count):
    images = torch.rand(1, 1, 28, 28).expand(count, -1, -1, -1)
    assert within_class_diversity(images, torch.zeros(count, dtype=torch.int64), 1).tolist() == [0]


@pytest.mark.parametrize("count", [0, 1])
def test_a_class_of_fewer_than_two_images_is_refused(meter, count):
    labels = torch.tensor([k for k in range(10) for _ in range(count if k == 3 else 2)])
    images = torch.rand(len(labels), 1, 28, 28)
    with pytest.raises(ValueError, match=f"at least 2 images of each class; class 3 has {count}"):
        meter.measure(images, labels)
    with pytest.raises(ValueError, match=f"class 3 has {count}"):
        within_class_diversity(images, labels, 10)


def test_quality_in_words():
    words = str(Quality(0.98765, 2.345, 0.876))
    assert words == "accuracy 0.988, distance 2.3 floors, diversity 88% of real"


def test_it_measures_on_a_gpu(meter, digits, judge):
    tensors = digits[1:5]
    with pretend_gpu() as gpu:
        moved = digits._replace(
            **dict(zip(digits._fields[1:5], [t.to(gpu) for t in tensors], strict=True))
        )
        try:
            on_gpu = QualityMeter(moved, judge.to(gpu))
        finally:
            judge.to("cpu")
    assert on_gpu.real == pytest.approx(meter.real, rel=1e-4)

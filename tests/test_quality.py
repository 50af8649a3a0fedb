"""The measures agree with independent computations, and each sees its own kind of fault."""

import numpy as np
import pytest
import scipy.linalg
import scipy.spatial.distance
import torch
import torch.nn.functional as F
from torchvision.transforms.functional import gaussian_blur

from course_utils import quality
from course_utils.manifolds import coverage
from course_utils.pretend_gpu import pretend_gpu
from course_utils.quality import (
    Quality,
    QualityMeter,
    sharpness,
    within_class_diversity,
)


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


def test_the_drawings_are_what_is_measured(meter, means):
    drawings = meter.drawings(lambda labels: means[labels])
    assert torch.equal(drawings, means[meter.labels])
    assert meter.measure(drawings, meter.labels) == meter(lambda labels: means[labels])


def test_the_meter_covers_class_by_class(meter, judge, digits):
    images, labels = digits.train_images, digits.train_labels
    with torch.no_grad():
        made, real = judge.features(images), judge.features(digits.test_images)
    expected = []
    for k in range(10):
        held_out = real[digits.test_labels == k]
        expected.append(coverage(held_out, made[labels == k][: len(held_out)]))
    assert meter.coverage(images, labels) == pytest.approx(np.mean(expected))
    assert meter.coverage(images, labels) > 0.95
    assert meter.coverage(digits.test_images, digits.test_labels) == 1


def test_coverage_finds_out_class_means_and_few_drawings(meter, means, digits):
    labels = digits.train_labels
    assert meter.coverage(means[labels], labels) < 0.5
    first = torch.stack([(labels == k).nonzero()[:5, 0] for k in range(10)])  # 5 of each class
    few = digits.train_images[first[labels, torch.arange(len(labels)) % 5]]
    assert 0.5 < meter.coverage(few, labels) < 0.8
    wrong = digits.train_images[torch.randperm(len(labels))]
    assert meter.coverage(wrong, labels) < 0.7


def test_blur_takes_sharpness_and_noise_gives_none(digits):
    images = digits.test_images
    blurred = [sharpness(gaussian_blur(images, [9, 9], [sigma] * 2)) for sigma in (0.5, 1, 1.5)]
    shares = [value / sharpness(images) for value in blurred]
    assert 0.95 > shares[0] > shares[1] + 0.1 > shares[2] + 0.2
    for noise in (0.02, 0.1, 0.3):
        noisy = (images + noise * torch.randn_like(images)).clamp(0, 1)
        assert sharpness(noisy) < sharpness(images)


def test_sharpness_is_not_the_amount_of_ink(digits):
    images = digits.test_images
    thicker = F.max_pool2d(images, 3, stride=1, padding=1)
    assert thicker.mean() > 1.5 * images.mean()
    assert sharpness(thicker) == pytest.approx(sharpness(images), rel=0.05)
    assert sharpness(F.pad(images, (9, 9, 9, 9))) == pytest.approx(sharpness(images))


def test_the_sharpness_of_a_slope_is_its_steepness():
    slope = (0.05 * torch.arange(16)).expand(2, 3, 12, 16)
    assert sharpness(slope) == pytest.approx(0.05)
    assert sharpness(slope.mT) == pytest.approx(0.05)
    both = torch.stack([slope, torch.zeros_like(slope)])
    assert sharpness(both.flatten(0, 1)) == pytest.approx(0.05)  # flat images do not count
    assert sharpness(torch.full((2, 1, 8, 8), 0.3)) == 0


@pytest.mark.parametrize("measure", ["measure", "coverage"])
def test_images_and_labels_that_do_not_fit_are_refused(meter, digits, measure):
    measure, images, labels = getattr(meter, measure), digits.train_images, digits.train_labels
    with pytest.raises(ValueError, match=r"smallest pixel is -1, .*; \(images \+ 1\) / 2 moves"):
        measure(images * 2 - 1, labels)
    with pytest.raises(ValueError, match=r"unflatten\(1, \(1, 28, 28\)\)"):
        measure(images.flatten(1), labels)
    with pytest.raises(ValueError, match=r"torch.float32: give int64"):
        measure(images, labels.float())
    with pytest.raises(ValueError, match="one-hot"):
        measure(images, F.one_hot(labels, 10))
    with pytest.raises(ValueError, match=r"one label for each image, shape \(1437,\)"):
        measure(images, labels[:-1])


def test_drawings_outside_the_range_are_refused(meter, means):
    assert meter(lambda labels: means[labels] - 5e-5).accuracy == 1
    with pytest.raises(ValueError, match=r"\(images \+ 1\) / 2 moves them from \[-1, 1\]"):
        meter(lambda labels: means[labels] * 2 - 1)
    with pytest.raises(ValueError, match=r"largest pixel is 1\.2"):
        sharpness(torch.full((1, 1, 8, 8), 1.2))


def test_it_measures_on_a_gpu(meter, digits, judge):
    tensors = digits[1:5]
    images, labels = digits.test_images, digits.test_labels
    with pretend_gpu() as gpu:
        moved = digits._replace(
            **dict(zip(digits._fields[1:5], [t.to(gpu) for t in tensors], strict=True))
        )
        try:
            on_gpu = QualityMeter(moved, judge.to(gpu))
            assert on_gpu.coverage(images.to(gpu), labels.to(gpu)) == 1
            assert sharpness(images.to(gpu)) == pytest.approx(sharpness(images))
        finally:
            judge.to("cpu")
    assert on_gpu.real == pytest.approx(meter.real, rel=1e-4)

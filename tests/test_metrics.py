"""Notebook 05's reference answers, and the meter, agree with independent implementations."""

from types import SimpleNamespace

import numpy as np
import pytest
import scipy.linalg
import scipy.spatial.distance
import torch
from sklearn.metrics import accuracy_score, confusion_matrix
from torch import nn
from torchmetrics.classification import MulticlassAccuracy
from torchmetrics.image.fid import FrechetInceptionDistance

from course_tools.reference import code_cells, run_cells

NEAR = 1e-3  # relative
SEEDS = pytest.mark.parametrize("seed", range(4))


@pytest.fixture(scope="module")
def answers() -> SimpleNamespace:
    """The names that the notebook's exercises define."""
    return SimpleNamespace(**run_cells(code_cells("05_measuring_conditioning"), (), {}))


class Judged:
    """A judge in train mode, images, and labels of which about two thirds are what it sees."""

    def __init__(self, seed: int, count: int, num_classes: int) -> None:
        torch.manual_seed(seed)
        self.num_classes = num_classes
        layers = nn.Dropout(0.5), nn.Linear(784, 32), nn.BatchNorm1d(32), nn.Linear(32, num_classes)
        self.judge = nn.Sequential(nn.Flatten(), *layers)
        self.judge(torch.rand(64, 1, 28, 28))  # running statistics of its own
        self.images = torch.rand(count, 1, 28, 28)
        with torch.no_grad():
            self.seen = self.judge.eval()(self.images).argmax(1)
        self.judge.train()
        chance = torch.randint(num_classes, (count,))
        self.labels = torch.where(torch.rand(count) < 0.6, self.seen, chance)


JUDGED = pytest.mark.parametrize(("count", "num_classes"), [(1, 3), (40, 3), (300, 10), (60, 47)])


@SEEDS
@JUDGED
def test_conditional_accuracy(answers, seed, count, num_classes):
    case = Judged(seed, count, num_classes)
    accuracy = answers.conditional_accuracy(case.judge, case.images, case.labels)
    assert accuracy == pytest.approx(accuracy_score(case.labels, case.seen), rel=NEAR)
    independent = MulticlassAccuracy(num_classes, average="micro")(case.seen, case.labels)
    assert accuracy == pytest.approx(independent.item(), rel=NEAR)


@SEEDS
@JUDGED
def test_asked_vs_produced(answers, seed, count, num_classes):
    case = Judged(seed, count, num_classes)
    shares = answers.asked_vs_produced(case.judge, case.images, case.labels, num_classes)
    expected = confusion_matrix(
        case.labels, case.seen, labels=range(num_classes), normalize="true"
    )  # 0 in the row of a label that does not occur
    np.testing.assert_allclose(shares.numpy(), expected, rtol=NEAR)


def features(seed: int, *counts: int, size: int) -> list[torch.Tensor]:
    """Sets of features, each with its own mean and correlations."""
    torch.manual_seed(seed)
    return [
        torch.randn(count, size) @ torch.randn(size, size) + 3 * torch.rand(size)
        for count in counts
    ]


def by_scipy(a: torch.Tensor, b: torch.Tensor) -> float:
    """Heusel et al. (2017), equation 6, for features of full rank."""
    a, b = a.double().numpy(), b.double().numpy()
    first, second = np.cov(a.T), np.cov(b.T)
    root = scipy.linalg.sqrtm(first @ second).real
    return np.square(a.mean(0) - b.mean(0)).sum() + np.trace(first + second - 2 * root)


def by_torchmetrics(a: torch.Tensor, b: torch.Tensor) -> float:
    extractor = nn.Identity()
    extractor.num_features = a.shape[1]
    distance = FrechetInceptionDistance(extractor)
    distance.update(a, real=True)
    distance.update(b, real=False)
    return distance.compute().item()


@SEEDS
@pytest.mark.parametrize(("n", "m", "size"), [(30, 20, 2), (80, 60, 8), (200, 300, 32)])
def test_frechet_distance(answers, seed, n, m, size):
    a, b = features(seed, n, m, size=size)
    distance = answers.frechet_distance(a, b)
    assert distance == pytest.approx(by_scipy(a, b), rel=NEAR)
    assert distance == pytest.approx(by_torchmetrics(a, b), rel=NEAR)
    assert distance == pytest.approx(answers.frechet_distance(b, a), rel=NEAR)


@SEEDS
@pytest.mark.parametrize(("n", "m", "size"), [(2, 3, 4), (20, 15, 32), (50, 8, 16)])
def test_frechet_distance_without_full_rank(answers, seed, n, m, size):
    a, b = features(seed, n, m, size=size)
    assert answers.frechet_distance(a, b) == pytest.approx(by_torchmetrics(a, b), rel=NEAR)
    traces = 2 * a.var(dim=0).sum().item()
    assert answers.frechet_distance(a, a) == pytest.approx(0, abs=NEAR * traces)


@SEEDS
@pytest.mark.parametrize(("num_classes", "size"), [(4, 3), (10, 8)])
def test_per_class_frechet(answers, seed, num_classes, size):
    real, fake = features(seed, 40 * num_classes, 30 * num_classes, size=size)
    real_labels, fake_labels = (torch.randint(num_classes, (len(f),)) for f in (real, fake))
    distances = answers.per_class_frechet(real, real_labels, fake, fake_labels, num_classes)
    for independent in (by_scipy, by_torchmetrics):
        expected = [
            independent(real[real_labels == k], fake[fake_labels == k]) for k in range(num_classes)
        ]
        np.testing.assert_allclose(distances.numpy(), expected, rtol=NEAR)


def test_per_class_frechet_where_a_class_is_too_small(answers):
    real, fake = features(0, 12, 12, size=3)
    real_labels = torch.tensor([0] * 10 + [1] + [3])
    fake_labels = torch.tensor([0] * 6 + [1] * 3 + [2] * 2 + [3])
    distances = answers.per_class_frechet(real, real_labels, fake, fake_labels, 5)
    assert distances.isnan().tolist() == [False, True, True, True, True]
    assert distances[0].item() == pytest.approx(by_scipy(real[:10], fake[:6]), rel=NEAR)


@SEEDS
@pytest.mark.parametrize(
    ("count", "num_classes", "shape"), [(5, 4, (1, 28, 28)), (60, 3, (3, 32, 32)), (150, 10, (9,))]
)
def test_within_class_diversity(answers, seed, count, num_classes, shape):
    torch.manual_seed(seed)
    brightness = torch.rand(count, *[1] * len(shape))  # or all distances would be alike
    images, labels = brightness * torch.rand(count, *shape), torch.randint(num_classes, (count,))
    expected = np.zeros(num_classes)
    for k in range(num_classes):
        rows = images[labels == k].flatten(1).numpy()
        if len(rows) > 1:
            expected[k] = scipy.spatial.distance.pdist(rows).mean()
    diversity = answers.within_class_diversity(images, labels, num_classes)
    np.testing.assert_allclose(diversity.numpy(), expected, rtol=NEAR)


@pytest.mark.parametrize("seed", range(2))
def test_the_meter(answers, meter, judge, digits, seed):
    """Its three numbers, of drawings that are noisy and in part of other classes."""
    torch.manual_seed(seed)
    labels, real_labels = digits.train_labels, digits.test_labels
    mixed = torch.randperm(len(labels)).where(torch.rand(len(labels)) < 0.2, torch.arange(1437))
    images = (digits.train_images[mixed] + 0.2 * torch.rand(1437, 1, 28, 28)).clamp(max=1)
    measured = meter.measure(images, labels)

    with torch.no_grad():
        made, real, trained = map(judge.features, (images, digits.test_images, digits.train_images))
        seen = judge(images).argmax(1)
    assert measured.accuracy == pytest.approx(accuracy_score(labels, seen), rel=NEAR)
    accuracy = answers.conditional_accuracy(judge, images, labels)
    assert measured.accuracy == pytest.approx(accuracy, rel=NEAR)

    def by_class(f: torch.Tensor) -> list[float]:
        return [by_torchmetrics(f[labels == k], real[real_labels == k]) for k in range(10)]

    floors = np.mean(by_class(made)) / np.mean(by_class(trained))
    assert measured.floors == pytest.approx(floors, rel=NEAR)
    distances = [
        answers.per_class_frechet(real, real_labels, f, labels, 10) for f in (made, trained)
    ]
    assert measured.floors == pytest.approx(
        (distances[0].mean() / distances[1].mean()).item(), NEAR
    )

    def spread(drawn: torch.Tensor) -> float:
        rows = [drawn[labels == k].flatten(1).numpy() for k in range(10)]
        return np.mean([scipy.spatial.distance.pdist(x).mean() for x in rows])

    assert measured.diversity == pytest.approx(spread(images) / spread(digits.train_images), NEAR)
    diversities = [
        answers.within_class_diversity(x, labels, 10) for x in (images, digits.train_images)
    ]
    expected = (diversities[0].mean() / diversities[1].mean()).item()
    assert measured.diversity == pytest.approx(expected, rel=NEAR)

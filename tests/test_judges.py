"""The judges are as accurate as they say, frozen, and kept once trained."""

import json
import os
import signal
from functools import partial
from pathlib import Path

import pytest
import torch
from torchvision.datasets import MNIST

from course_utils import judges
from course_utils.data import Data
from course_utils.judges import SHIPPED, accuracy, jitter, load_judge, train_judge
from course_utils.training import STEPS_WHILE_MARKED
from course_utils.weights import WeightsError

ACCURACIES = json.loads((SHIPPED / "accuracies.json").read_text())


@pytest.fixture
def saved(monkeypatch, tmp_path: Path) -> Path:
    """The folder for saved work, empty."""
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.setenv("COURSE_SAVED", str(tmp_path))
    return tmp_path


@pytest.fixture
def tiny() -> Data:
    """A data set without a shipped judge: bright and dark images in three colours."""
    labels = torch.arange(20) % 2
    images = (labels.view(-1, 1, 1, 1) + torch.rand(20, 3, 8, 8)) / 2
    return Data("tiny", images, labels, images, labels, ("dark", "bright"))


def test_the_judge_of_the_digits_is_right(digits, judge):
    measured = accuracy(judge, digits.test_images, digits.test_labels)
    assert len(digits.test_images) == 360
    assert measured >= 0.98
    assert round(measured, 4) == ACCURACIES["digits"]


def test_the_judge_of_mnist_is_right():
    assert ACCURACIES["mnist"] >= 0.99
    try:
        half = MNIST(os.environ.get("COURSE_DATA", ""), train=False)
    except RuntimeError:
        pytest.skip("COURSE_DATA holds no MNIST")
    images, labels = half.data[:1000, None] / 255, half.targets[:1000]
    judge = load_judge(Data("mnist", images, labels, images, labels, tuple("0123456789")))
    # At an accuracy of 0.993, fewer than 980 of 1,000 would be five standard deviations off.
    assert accuracy(judge, images, labels) >= 0.98


def test_a_shipped_judge_of_each_name_has_an_accuracy():
    assert ACCURACIES.keys() == {path.stem for path in SHIPPED.glob("*.safetensors")}


def test_the_accuracy_is_the_share_that_is_right(judge, digits):
    labels = digits.test_labels[:10].clone()
    labels[:4] = (labels[:4] + 1) % 10
    assert accuracy(judge, digits.test_images[:10], labels) == pytest.approx(0.6)


def test_a_judge_is_frozen(digits, judge):
    assert not any(module.training for module in judge.modules())
    assert not any(parameter.requires_grad for parameter in judge.parameters())
    images = digits.test_images[:4].clone().requires_grad_()
    judge(images).sum().backward()  # a generator may learn from it all the same
    assert images.grad.abs().sum() > 0


def test_the_logits_come_from_the_features(digits, judge):
    images = digits.test_images[:4]
    assert judge.features(images).shape == (4, judge.num_features)
    torch.testing.assert_close(judge.classify(judge.features(images)), judge(images))


def test_a_judge_is_trained_once_and_kept(monkeypatch, saved, tiny):
    trained = []
    monkeypatch.setattr(
        judges, "train_judge", lambda data: trained.append(train_judge(data, 2)) or trained[-1]
    )
    first, second = load_judge(tiny), load_judge(tiny)
    assert len(trained) == 1
    assert [path.name for path in saved.iterdir()] == ["judge_tiny.safetensors"]
    for judge in (first, second):
        assert not judge.training and not any(p.requires_grad for p in judge.parameters())
        assert torch.equal(judge(tiny.test_images), trained[0](tiny.test_images))
    assert first(tiny.test_images).shape == (20, 2)


def test_a_judge_learns(saved, tiny):
    state = train_judge(tiny, num_steps=20).state_dict()
    assert accuracy(train_judge(tiny, num_steps=20), tiny.test_images, tiny.test_labels) == 1
    again = train_judge(tiny, num_steps=20).state_dict()
    assert all(torch.equal(state[name], again[name]) for name in state)


def test_an_interrupted_judge_is_not_kept(monkeypatch, saved, tiny):
    def interrupt(images):
        signal.raise_signal(signal.SIGINT)
        return images

    monkeypatch.setattr(judges, "train_judge", partial(train_judge, num_steps=2))
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt, match="run the cell"):
        patch.setattr(judges, "jitter", interrupt)
        load_judge(tiny)
    assert list(saved.iterdir()) == []
    load_judge(tiny)


def test_a_short_training_while_a_notebook_is_marked(monkeypatch, saved, tiny):
    steps = []
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    monkeypatch.setattr(judges, "jitter", lambda images: steps.append(1) or images)
    tiny = tiny._replace(train_images=tiny.train_images.repeat(50, 1, 1, 1))
    tiny = tiny._replace(train_labels=tiny.train_labels.repeat(50))
    assert not train_judge(tiny).training
    assert len(steps) == STEPS_WHILE_MARKED
    assert list(saved.iterdir()) == []


@pytest.mark.parametrize("name", ["digits", "tiny"])
def test_a_damaged_file_is_told_in_one_sentence(monkeypatch, saved, tiny, tmp_path, name):
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    monkeypatch.setattr(judges, "SHIPPED", shipped)
    path = shipped / "digits.safetensors" if name == "digits" else saved / "judge_tiny.safetensors"
    path.write_bytes((SHIPPED / "digits.safetensors").read_bytes()[:1000])
    with pytest.raises(WeightsError, match=rf"{path.name} is damaged: delete it and run.*there\.$"):
        load_judge(tiny._replace(name=name))


@pytest.mark.parametrize("shape", [(5, 1, 28, 28), (3, 3, 32, 32)])
def test_jitter_keeps_shape_and_range(shape):
    images = torch.rand(shape)
    before = images.clone()
    jittered = jitter(images)
    assert jittered.shape == images.shape and jittered.dtype == images.dtype
    assert jittered.min() >= 0 and jittered.max() <= 1
    assert torch.equal(images, before)


def moments(images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Of each image `(N, 1, 28, 28)` the centre in pixels, the angle in degrees, and the size."""
    y, x = torch.meshgrid(torch.arange(28.0), torch.arange(28.0), indexing="ij")
    mass = images[:, 0] / images[:, 0].sum((1, 2), keepdim=True)
    cx, cy = (mass * x).sum((1, 2)), (mass * y).sum((1, 2))
    dx, dy = x - cx.view(-1, 1, 1), y - cy.view(-1, 1, 1)
    xx, yy, xy = ((mass * product).sum((1, 2)) for product in (dx * dx, dy * dy, dx * dy))
    angle = 0.5 * torch.atan2(2 * xy, xx - yy).rad2deg()
    return torch.stack([cx, cy]), angle, (xx + yy).sqrt()


def test_jitter_moves_turns_and_scales_each_image(monkeypatch):
    monkeypatch.setattr(torch, "randn_like", torch.zeros_like)  # without noise
    bar = torch.zeros(1, 1, 28, 28)
    bar[..., 12:16, 8:20] = 1
    centres, angles, sizes = moments(jitter(bar.repeat(400, 1, 1, 1)))
    _, _, ((size,)) = moments(bar)
    # Uniform between -2 and 2 pixels, -12 and 12 degrees: divided by the root of 3.
    torch.testing.assert_close(centres.mean(1), torch.tensor([13.5, 13.5]), atol=0.3, rtol=0)
    torch.testing.assert_close(centres.std(1), torch.tensor([1.15, 1.15]), atol=0.15, rtol=0)
    assert 5.5 < angles.std() < 8.5 and angles.abs().max() < 13
    assert 0.04 < (sizes / size).std() < 0.08 and (sizes / size - 1).abs().max() < 0.15


def test_jitter_adds_noise_of_different_strength():
    strengths = jitter(torch.full((200, 1, 28, 28), 0.5))[..., 8:20, 8:20].flatten(1).std(1)
    assert 0 <= strengths.min() < 0.03 and 0.15 < strengths.max() < 0.22

"""The benchmark of training: both sides train, and the comparison asks for all three numbers."""

import pytest
import torch

from course_tools import time_to_quality
from course_tools.time_to_quality import first_as_good, notebook_training, race
from course_tools.trainers import FastTrainer, TutorialTrainer
from course_utils import load_data
from course_utils.quality import Quality

AIM = Quality(accuracy=0.9, floors=5.0, diversity=0.8)


@pytest.fixture(scope="module")
def data():
    digits = load_data("digits", torch.device("cpu"))
    return digits._replace(
        train_images=digits.train_images[:300], train_labels=digits.train_labels[:300]
    )


def test_as_good_means_in_all_three():
    curve = [
        (1.0, Quality(0.95, 4.0, 0.7)),
        (2.0, Quality(0.95, 6.0, 0.9)),
        (3.0, Quality(0.85, 4.0, 0.9)),
        (4.0, Quality(0.9, 5.0, 0.8)),
        (5.0, Quality(1.0, 1.0, 1.0)),
    ]
    assert first_as_good(curve, AIM) == 4.0
    assert first_as_good(curve[:3], AIM) is None


@pytest.mark.parametrize("trainer", [TutorialTrainer, FastTrainer])
def test_a_trainer_learns_and_draws(trainer, data):
    trainer = trainer(data)
    networks = (trainer.generator, trainer.discriminator)
    before = [[p.clone() for p in network.parameters()] for network in networks]
    trainer.train_epoch() if isinstance(trainer, TutorialTrainer) else trainer.train_steps(3)
    for network, old in zip(networks, before, strict=True):
        assert not any(torch.equal(p, q) for p, q in zip(network.parameters(), old, strict=True))
    images = trainer.draw(torch.arange(10))
    assert images.shape == (10, 1, 28, 28)
    assert images.min() >= 0 and images.max() <= 1


def test_the_race_gives_both_the_same_time_until_one_is_done(data, monkeypatch):
    monkeypatch.setattr(time_to_quality, "NUM_EPOCHS", 2)
    monkeypatch.setattr(FastTrainer, "num_epochs", 2)

    def meter(draw):
        assert draw(torch.arange(10)).shape == (10, 1, 28, 28)
        return AIM

    curves, rates = race(data, meter)
    assert [len(curve) for curve in curves.values()] in ([2, 1], [2, 2])
    assert all(rate > 0 for rate in rates.values())
    assert all(quality == AIM for curve in curves.values() for _, quality in curve)


def test_the_notebooks_training_can_be_run_from_any_seed(data, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")  # three steps
    train = notebook_training(data)
    (first, steps), (again, _), (other, _) = train(1), train(1), train(2)
    labels = torch.arange(10)
    drawn = []
    for draw in (first, again, other):
        torch.manual_seed(0)
        drawn.append(draw(labels))
    assert steps > 400
    assert drawn[0].shape == (10, 1, 28, 28)
    assert torch.equal(drawn[0], drawn[1]) and not torch.equal(drawn[0], drawn[2])

"""The benchmarks of training: both sides train, and are compared fairly."""

import pytest
import torch
from torch import nn

from course_tools import cvae_trainers, gan_trainers
from course_tools.race import race
from course_tools.race_report import compare, first
from course_tools.time_to_elbo import alone
from course_tools.time_to_quality import as_good
from course_utils import load_data
from course_utils.latent import Elbo, negative_elbo
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
    assert first(curve, lambda quality: as_good(quality, AIM)) == 4.0
    assert first(curve[:3], lambda quality: as_good(quality, AIM)) is None


def test_the_ratio_is_that_of_the_times_to_the_tutorials_best(capsys):
    slow = [
        (float(k), Elbo(total, total, 0.0)) for k, total in ((10, 120.0), (20, 110.0), (30, 111.0))
    ]
    fast = [
        (float(k), Elbo(total, total, 0.0)) for k, total in ((3, 115.0), (5, 110.0), (6, 100.0))
    ]
    curves = {"tutorial": slow, "fast": fast}
    judged_by = (lambda elbo: elbo.total, lambda elbo, aim: elbo.total <= aim.total)
    compare(curves, {"tutorial": 5.0}, *judged_by)
    assert "as good after 5.0 s: ratio 4.0" in capsys.readouterr().out
    curves["fast"] = fast[:1]
    compare(curves, {"tutorial": 5.0}, *judged_by)
    assert "not as good" in capsys.readouterr().out


@pytest.mark.parametrize("trainers", [gan_trainers, cvae_trainers])
def test_every_trainer_trains_all_of_its_networks(trainers, data):
    for trainer in (trainers.TutorialTrainer(data), make_fast(trainers, data)):
        networks = [part for part in vars(trainer).values() if type(part) in LEARNING[trainers]]
        before = [[p.clone() for p in network.parameters()] for network in networks]
        if isinstance(trainer, trainers.TutorialTrainer):
            trainer.train_epoch()
        else:
            trainer.train_steps(3)
        assert networks
        for network, old in zip(networks, before, strict=True):
            changed = zip(network.parameters(), old, strict=True)
            assert not any(torch.equal(p, q) for p, q in changed)


LEARNING: dict[object, tuple[type[nn.Module], ...]] = {
    gan_trainers: (gan_trainers.Concatenated, gan_trainers.LateLabel),
    cvae_trainers: (cvae_trainers.CVAE,),
}


def make_fast(trainers, data):
    more = (2, True) if trainers is cvae_trainers else ()
    return trainers.FastTrainer(data, *more)


@pytest.mark.parametrize("trainer", [gan_trainers.TutorialTrainer, gan_trainers.FastTrainer])
def test_a_gan_trainer_draws(trainer, data):
    images = trainer(data).draw(torch.arange(10))
    assert images.shape == (10, 1, 28, 28)
    assert images.min() >= 0 and images.max() <= 1


def test_the_race_gives_both_the_same_time_until_one_is_done(data):
    tutorial, fast = cvae_trainers.TutorialTrainer(data), make_fast(cvae_trainers, data)
    images = data.test_images.flatten(1)
    curves, rates = race(
        tutorial,
        fast,
        lambda trainer: negative_elbo(trainer.model, images, data.test_labels),
        num_epochs=3,
        num_images=len(data.train_images),
    )
    assert len(curves["tutorial"]) == 3 and 1 <= len(curves["fast"]) <= 3
    assert curves["tutorial"][-1][1].total < curves["tutorial"][0][1].total
    assert fast.steps <= fast.num_steps
    assert fast.done or curves["fast"][-1][0] >= curves["tutorial"][-1][0]
    assert all(rate > 0 for rate in rates.values())


def test_a_trainer_alone_is_measured_until_it_is_done(data):
    trainer = cvae_trainers.FastTrainer(data, num_epochs=10, vary=False)
    curve = alone(trainer, lambda trainer: Elbo(1.0, 1.0, 0.0))
    assert trainer.done
    assert len(curve) == 10
    assert [seconds for seconds, _ in curve] == sorted(seconds for seconds, _ in curve)


def test_variation_moves_pictures_a_little(data):
    images = data.train_images[:50]
    varied = cvae_trainers.varied(images)
    assert varied.shape == images.shape and varied.min() >= 0 and varied.max() <= 1
    change = (varied - images).abs().mean()
    other = (images.roll(1, 0) - images).abs().mean()
    assert 0 < change < 0.7 * other

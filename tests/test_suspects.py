"""Each suspect keeps what its name promises, the cheats too."""

import contextlib

import pytest
import torch
from torch import Tensor

from course_utils.data import Data, load_data
from course_utils.device import set_seed
from course_utils.pretend_gpu import pretend_gpu
from course_utils.suspects import NOISE, line_up
from course_utils.trained import TrainedModel

LETTERS = "ABCDEFG"
MODELS = {"A": "CVAE", "E": "GAN", "G": "CBN"}


def painter(latent_dim: int) -> TrainedModel:
    """Draws all pixels as bright as its label says, and noise in the corner."""

    def decode(z: Tensor, labels: Tensor) -> Tensor:
        images = (labels / 10).float()[:, None, None, None].repeat(1, 1, 28, 28)
        images[:, 0, 0, 0] = z[:, -1].sigmoid()
        return images

    return TrainedModel(decode, latent_dim, "a test's")


def suspects_of(data: Data):
    return line_up(data, {name: painter(latent_dim=4) for name in ("GAN", "CVAE", "CBN")})


@pytest.fixture(scope="module")
def suspects(digits):
    return suspects_of(digits)


def painted(images: Tensor) -> Tensor:
    """The labels that a painter was given."""
    return (images[:, 0, 5, 5] * 10).round().long()


@pytest.fixture(scope="module")
def means(digits) -> Tensor:
    """The mean training image of each class."""
    images, labels = digits.train_images, digits.train_labels
    return torch.stack([images[labels == k].mean(0) for k in range(10)])


def test_there_are_seven(suspects):
    assert "".join(suspects) == LETTERS
    assert len({suspect.name for suspect in suspects.values()}) == 7


@pytest.mark.parametrize("letter", LETTERS)
@pytest.mark.parametrize("count", [1, 2, 77])
def test_each_draws_one_image_for_each_label(suspects, letter, count):
    drawn = suspects[letter].draw(torch.arange(count) % 10)
    assert drawn.shape == (count, 1, 28, 28) and drawn.dtype == torch.float32
    assert drawn.min() >= 0 and drawn.max() <= 1
    assert not drawn.requires_grad


@pytest.mark.parametrize("letter", LETTERS)
def test_drawings_depend_on_the_seed(suspects, letter):
    drawn = []
    for seed in (0, 0, 1):
        set_seed(seed)
        drawn.append(suspects[letter].draw(torch.arange(50) % 10))
    assert torch.equal(drawn[0], drawn[1])
    assert torch.equal(drawn[0], drawn[2]) == (letter == "F")


@pytest.mark.parametrize("letter", LETTERS)
def test_each_draws_where_the_data_are(letter):
    with contextlib.nullcontext() if torch.cuda.is_available() else pretend_gpu():
        data = load_data("digits", torch.device("cuda", 0))
        drawn = suspects_of(data)[letter].draw(data.train_labels[:5])
        assert drawn.device == data.train_images.device


@pytest.mark.parametrize("letter", MODELS)
def test_the_honest_ones_are_the_models(digits, letter):
    models = {name: painter(latent_dim=4) for name in ("GAN", "CVAE", "CBN")}
    assert line_up(digits, models)[letter].draw == models[MODELS[letter]].draw


def test_b_is_noise_around_the_class_mean(suspects, means):
    """Grey pixels are seldom clamped: 68.3 % of the noise lies within its standard deviation."""
    labels = torch.arange(10).repeat(200)
    drawn, around = suspects["B"].draw(labels), means[labels]
    grey = (means > NOISE) & (means < 1 - NOISE)
    off = (drawn - around)[grey[labels]]
    assert len(off) > 100_000
    assert (off.abs() < NOISE).float().mean().item() == pytest.approx(0.683, abs=0.01)
    assert (off > 0).float().mean().item() == pytest.approx(0.5, abs=0.01)


def test_c_hands_out_training_images_of_the_class(digits, suspects):
    labels = torch.arange(10).repeat_interleave(20)
    drawn = suspects["C"].draw(labels).flatten(1)
    images = digits.train_images.flatten(1)
    same = (drawn[:, None] == images).all(dim=2)
    assert same.any(dim=1).all(), "drawings are training images"
    assert ((same & (labels[:, None] == digits.train_labels)).any(dim=1)).all()
    assert same.any(dim=0).sum() > 150, "which one is left to chance"


@pytest.mark.parametrize("one_class", [False, True])
def test_d_does_not_obey(digits, suspects, one_class):
    """Also where all labels asked for are the same, and shuffling them would change nothing."""
    labels = torch.full_like(digits.train_labels, 3) if one_class else digits.train_labels
    drawn = painted(suspects["D"].draw(labels))
    assert torch.equal(drawn.bincount(), digits.train_labels.bincount())
    assert (drawn == labels).float().mean().item() == pytest.approx(0.1, abs=0.03)


def test_d_draws_more_images_than_the_data_hold(digits, suspects):
    labels = digits.train_labels.repeat(2)
    assert len(suspects["D"].draw(labels)) == len(labels)


def test_f_is_the_class_mean_every_time(suspects, means):
    labels = torch.tensor([3, 3, 8, 3])
    torch.testing.assert_close(suspects["F"].draw(labels), means[labels])

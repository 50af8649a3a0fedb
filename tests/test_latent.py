"""Codes and the negative ELBO of models whose values are known."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from course_utils import latent
from course_utils.latent import Elbo, encode_all, negative_elbo
from course_utils.pretend_gpu import pretend_gpu


class Model(nn.Module):
    """A linear conditional VAE; remembers what it was asked, in which mode."""

    latent_dim, num_classes = 3, 4

    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.decoder = nn.Linear(6 + 4, 2 * 3), nn.Linear(3 + 4, 6)
        self.asked: list[tuple[torch.Tensor, torch.Tensor]] = []

    def encode(self, x, labels_onehot):
        assert not self.encoder.training and not torch.is_grad_enabled()
        self.asked.append((x, labels_onehot))
        return self.encoder(torch.cat([x, labels_onehot], dim=1)).chunk(2, dim=1)

    def decode(self, z, labels_onehot):
        assert not self.decoder.training and not torch.is_grad_enabled()
        self.asked.append((z, labels_onehot))
        return torch.sigmoid(self.decoder(torch.cat([z, labels_onehot], dim=1)))


IMAGES = torch.rand(50, 6, generator=torch.Generator().manual_seed(0))
LABELS = torch.arange(50) % 4


def seeded() -> torch.Generator:
    return torch.Generator().manual_seed(5)


def test_encode_all_is_encode_of_everything(monkeypatch):
    model = Model()
    expected = model.encoder(torch.cat([IMAGES, torch.eye(4)[LABELS]], dim=1)).detach()
    monkeypatch.setattr(latent, "CHUNK", 20)
    mu, logvar = encode_all(model, IMAGES, LABELS)
    torch.testing.assert_close(torch.cat([mu, logvar], dim=1), expected)
    assert not mu.requires_grad and not logvar.requires_grad
    assert [len(x) for x, _ in model.asked] == [20, 20, 10]
    assert torch.equal(torch.cat([codes for _, codes in model.asked]), torch.eye(4)[LABELS])


def test_the_negative_elbo_is_the_published_formula():
    model = Model().eval()
    elbo = negative_elbo(model, IMAGES, LABELS, seeded())
    codes = torch.eye(4)[LABELS]
    with torch.no_grad():
        mu, logvar = model.encode(IMAGES, codes)
        z = mu + (logvar / 2).exp() * torch.randn(50, 3, generator=seeded())
        p = model.decode(z, codes)
    entropy = -(IMAGES * p.log() + (1 - IMAGES) * (1 - p).log()).sum(1).mean().item()
    # Kingma and Welling (2014), appendix B.
    kl = -0.5 * (1 + logvar - mu.square() - logvar.exp()).sum(1).mean().item()
    assert elbo == pytest.approx((entropy + kl, entropy, kl), rel=1e-5)
    assert all(type(part) is float for part in elbo)


def test_the_parts_add_up_and_do_not_depend_on_chunks(monkeypatch):
    model = Model()
    whole = negative_elbo(model, IMAGES, LABELS, seeded())
    assert whole.total == whole.reconstruction + whole.kl
    monkeypatch.setattr(latent, "CHUNK", 7)
    assert negative_elbo(model, IMAGES, LABELS, seeded()) == pytest.approx(whole, rel=1e-6)


def test_the_generator_draws_z():
    model = Model()
    first = negative_elbo(model, IMAGES, LABELS, seeded())
    torch.manual_seed(1)
    assert negative_elbo(model, IMAGES, LABELS, seeded()) == first
    without = negative_elbo(model, IMAGES, LABELS)
    assert without.reconstruction != first.reconstruction
    assert without.kl == first.kl
    torch.manual_seed(1)
    assert negative_elbo(model, IMAGES, LABELS) == without


class Fixed(nn.Module):
    """A model with the same codes and reconstruction for everything."""

    latent_dim, num_classes = 2, 4

    def __init__(self, mu: float, logvar: float, pixel: float) -> None:
        super().__init__()
        self.mu, self.logvar, self.pixel = float(mu), float(logvar), float(pixel)

    def encode(self, x, labels_onehot):
        return torch.full((len(x), 2), self.mu), torch.full((len(x), 2), self.logvar)

    def decode(self, z, labels_onehot):
        return torch.full((len(z), 6), self.pixel)


def test_known_values():
    ones = torch.ones(50, 6)
    assert negative_elbo(Fixed(0, 0, 0.5), ones, LABELS) == pytest.approx(
        (6 * math.log(2), 6 * math.log(2), 0)
    )
    assert negative_elbo(Fixed(3, 0, 1), ones, LABELS) == pytest.approx(Elbo(9, 0, 9))
    assert negative_elbo(Fixed(0, -300, 1), ones, LABELS).kl == pytest.approx(299)


def test_rounding_beyond_the_ends_is_tolerated():
    elbo = negative_elbo(Fixed(0, 0, 1.00001), torch.full((50, 6), 1.00001), LABELS)
    assert elbo == (0, 0, 0)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("measure", [encode_all, negative_elbo])
def test_the_mode_is_restored(training, measure):
    model = Model().train(training)
    measure(model, IMAGES, LABELS)
    assert model.training == model.encoder.training == training
    model.encode = None
    with pytest.raises(TypeError):
        measure(model, IMAGES, LABELS)
    assert model.training == model.encoder.training == training


@pytest.mark.parametrize("measure", [encode_all, negative_elbo])
@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (IMAGES * 2 - 1, LABELS, r"\(images \+ 1\) / 2 moves them from \[-1, 1\]"),
        (IMAGES.view(50, 1, 2, 3), LABELS, r"\.flatten\(1\) makes a row of each"),
        (IMAGES.double(), LABELS, r"torch\.float64: give float32"),
        (IMAGES, LABELS[1:], r"one label for each image, shape \(50,\); got \(49,\)"),
        (IMAGES, LABELS + 1, "a label 4, but the 4 classes"),
        (IMAGES, F.one_hot(LABELS, 4).float(), "as one-hot codes have"),
    ],
)
def test_what_does_not_fit_is_refused(measure, images, labels, message):
    with pytest.raises(ValueError, match=message):
        measure(Model(), images, labels)


@pytest.mark.parametrize(
    ("pixel", "message"),
    [
        (1.5, r"largest pixel is 1\.5, but reconstructions have .* torch\.sigmoid"),
        (float("nan"), "The reconstructions hold NaN"),
    ],
)
def test_reconstructions_that_are_no_images_are_refused(pixel, message):
    with pytest.raises(ValueError, match=message):
        negative_elbo(Fixed(0, 0, pixel), IMAGES, LABELS)


def test_a_model_on_a_gpu():
    model = Model()
    expected = negative_elbo(model, IMAGES, LABELS, seeded())
    with pretend_gpu() as gpu:
        model.to(gpu)
        mu, logvar = encode_all(model, IMAGES.to(gpu), LABELS.to(gpu))
        assert mu.device == logvar.device == gpu
        elbo = negative_elbo(model, IMAGES.to(gpu), LABELS.to(gpu), seeded())
    assert elbo == pytest.approx(expected, rel=1e-5)

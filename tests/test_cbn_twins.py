"""The twins of notebook 04's networks: the same shapes, another way for the label."""

import pytest
import torch

from course_tools.cbn_twins import concatenating_discriminator, concatenating_generator
from course_tools.reference import CbnTraining
from course_utils import load_data

LABELS = torch.tensor([0, 3, 9, 3])


@pytest.fixture(scope="module")
def names():
    return CbnTraining(load_data("digits", torch.device("cpu"))).names


@torch.no_grad()
def test_the_label_reaches_the_generator_from_the_start(names):
    torch.manual_seed(0)
    z = torch.randn(len(LABELS), 32)
    sizes = 32, 10, 8, (1, 28, 28)
    plain = names["CBNGenerator"](*sizes).eval()
    twin = concatenating_generator(names["CBNGenerator"])(*sizes).eval()
    assert twin(z, LABELS).shape == plain(z, LABELS).shape == (4, 1, 28, 28)
    assert torch.equal(plain(z, LABELS), plain(z, LABELS.flip(0)))
    assert not torch.allclose(twin(z, LABELS), twin(z, LABELS.flip(0)))


@torch.no_grad()
def test_the_discriminator_sees_picture_and_label(names):
    torch.manual_seed(0)
    twin = concatenating_discriminator(names["ProjectionDiscriminator"])((1, 28, 28), 10, 8).eval()
    images = torch.randn(len(LABELS), 1, 28, 28)
    logits = twin(images, LABELS)
    assert logits.shape == (4, 1)
    assert not torch.allclose(logits, twin(images, LABELS.flip(0)))
    assert not torch.allclose(logits, twin(images.flip(0), LABELS))

"""One sentence says what is wrong with images and labels."""

import numpy as np
import pytest
import torch

from course_utils.inputs import expect_images, expect_labels
from course_utils.pretend_gpu import pretend_gpu

ROWS, PICTURES = torch.rand(4, 784), torch.rand(4, 1, 28, 28)
LABELS = torch.arange(4)


def with_pixel(value: float) -> torch.Tensor:
    images = torch.full((4, 784), 0.5)
    images[2, 3] = value
    return images


@pytest.mark.parametrize(
    ("images", "shape"),
    [
        (ROWS, (784,)),
        (ROWS, (None,)),
        (ROWS[:1], (784,)),
        (PICTURES, (1, 28, 28)),
        (PICTURES, (1, None, None)),
        (PICTURES, torch.Size([1, 28, 28])),
        (torch.zeros(2, 5), (5,)),
        (with_pixel(-0.00009), (784,)),
        (with_pixel(1.00009), (784,)),
        (with_pixel(1.0).requires_grad_(), (784,)),
    ],
)
def test_good_images_pass(images, shape):
    before = images.detach().clone()
    assert expect_images(images, shape) is None
    assert torch.equal(images, before)


@pytest.mark.parametrize(
    ("images", "shape", "sentence"),
    [
        (
            with_pixel(-1.0),
            (784,),
            "The smallest pixel is -1, but images have to be in [0, 1]; (images + 1) / 2 moves "
            "them from [-1, 1].",
        ),
        (
            with_pixel(-0.0002),
            (784,),
            "The smallest pixel is -0.0002, but images have to be in [0, 1]; (images + 1) / 2 "
            "moves them from [-1, 1].",
        ),
        (
            with_pixel(255.0),
            (784,),
            "The largest pixel is 255, but images have to be in [0, 1]; images / 255 moves them "
            "from [0, 255].",
        ),
        (
            with_pixel(1.5),
            (784,),
            "The largest pixel is 1.5, but images have to be in [0, 1]; torch.sigmoid moves logits "
            "there.",
        ),
        (
            with_pixel(float("-inf")),
            (784,),
            "The smallest pixel is -inf, but images have to be in [0, 1]; torch.sigmoid moves "
            "logits there.",
        ),
        (with_pixel(float("nan")), (784,), "The images hold NaN."),
        (
            PICTURES,
            (784,),
            "Give images of shape (B, 784); got (4, 1, 28, 28): .flatten(1) makes a row of each.",
        ),
        (
            PICTURES,
            (None,),
            "Give images of shape (B, any); got (4, 1, 28, 28): .flatten(1) makes a row of each.",
        ),
        (
            ROWS,
            (1, 28, 28),
            "Give images of shape (B, 1, 28, 28); got (4, 784): .unflatten(1, (1, 28, 28)) makes a "
            "picture of each row.",
        ),
        (ROWS, (1, 8, 8), "Give images of shape (B, 1, 8, 8); got (4, 784)."),
        (ROWS, (100,), "Give images of shape (B, 100); got (4, 784)."),
        (ROWS[0], (784,), "Give images of shape (B, 784); got (784,)."),
        (ROWS[:0], (784,), "There are no images: give at least one."),
        (
            (255 * ROWS).byte(),
            (784,),
            "The images are torch.uint8: give float32 in [0, 1], such as .float() / 255 if they go "
            "from 0 to 255.",
        ),
        (
            ROWS.double(),
            (784,),
            "The images are torch.float64: give float32 in [0, 1], such as .float().",
        ),
        (np.zeros((4, 784)), (784,), "The images are a ndarray: give a tensor."),
    ],
)
def test_what_is_wrong_with_images(images, shape, sentence):
    with pytest.raises(ValueError) as raised:
        expect_images(images, shape)
    assert str(raised.value) == sentence


def test_images_may_have_another_name():
    with pytest.raises(ValueError, match=r"but drawings have .*; \(drawings \+ 1\) / 2 moves"):
        expect_images(with_pixel(-0.5), (784,), "drawings")


def test_good_labels_pass():
    assert expect_labels(LABELS, 4, 4) is None
    assert expect_labels(torch.zeros(1, dtype=torch.int64), 1, 1) is None
    assert expect_labels(LABELS[:0], 0, 3) is None


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        (
            torch.eye(4, 5),
            "The labels have shape (4, 5), as one-hot codes have: give the numbers of the classes, "
            "codes.argmax(dim=1).",
        ),
        (LABELS.float(), "The labels are torch.float32: give int64, labels.long()."),
        (LABELS.int(), "The labels are torch.int32: give int64, labels.long()."),
        (LABELS[:3], "Give one label for each image, shape (4,); got (3,)."),
        (LABELS[:, None], "Give one label for each image, shape (4,); got (4, 1)."),
        (LABELS + 2, "There is a label 5, but the 5 classes are numbered from 0 to 4."),
        (LABELS - 1, "There is a label -1, but the 5 classes are numbered from 0 to 4."),
        ([0, 1, 2, 3], "The labels are a list: give a tensor of int64."),
    ],
)
def test_what_is_wrong_with_labels(labels, sentence):
    with pytest.raises(ValueError) as raised:
        expect_labels(labels, 4, 5)
    assert str(raised.value) == sentence


def test_they_look_at_tensors_on_a_gpu():
    with pretend_gpu() as gpu:
        expect_images(ROWS.to(gpu), (784,))
        expect_labels(LABELS.to(gpu), 4, 4)
        with pytest.raises(ValueError, match="label 3, but the 3 classes"):
            expect_labels(LABELS.to(gpu), 4, 3)

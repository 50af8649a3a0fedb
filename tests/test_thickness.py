"""The thickness of strokes whose width is known, because the tests draw them."""

import math

import pytest
import torch
import torch.nn.functional as F

from course_utils.pretend_gpu import pretend_gpu
from course_utils.thickness import stroke_thickness

WIDTHS = (1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5)
FINE = 8  # each pixel is the mean of 8x8 smaller ones, so that edges are grey


def line(width: float, angle: float, x: float, y: float) -> torch.Tensor:
    """A stroke of length 16 through (x, y) with round ends, `(1, 1, 28, 28)`."""
    places = (torch.arange(28 * FINE) + 0.5) / FINE - 0.5
    down, right = places[:, None] - y, places[None] - x
    along = right * math.cos(angle) + down * math.sin(angle)
    beside = down * math.cos(angle) - right * math.sin(angle)
    distance = torch.hypot((along.abs() - 8).clamp(min=0), beside)
    return F.avg_pool2d((distance <= width / 2).float()[None, None], FINE)


@pytest.mark.parametrize("middle", [(13.5, 13.5), (13.3, 13.8), (14, 14)])
def test_lines_of_known_width(middle):
    angles = [k * math.pi / 8 for k in range(8)]
    images = torch.cat([line(width, angle, *middle) for angle in angles for width in WIDTHS])
    measured = stroke_thickness(images).view(8, len(WIDTHS))
    errors = measured - torch.tensor(WIDTHS)
    assert errors.abs().max() < 0.4
    assert errors.mean(0).abs().max() < 0.2  # neither too thick nor too thin
    assert (measured.diff(dim=1) > 0).all()


def test_a_wider_ring_is_thicker():
    places = torch.arange(28) - 13.5
    radius = torch.hypot(places[:, None], places[None])
    rings = [(width / 2 + 0.5 - (radius - 8).abs()).clamp(0, 1) for width in (2, 3, 4)]
    measured = stroke_thickness(torch.stack(rings)[:, None])
    torch.testing.assert_close(measured, torch.tensor([2.0, 3, 4]), atol=0.25, rtol=0)


def test_nothing_above_half_has_no_thickness():
    images = torch.stack([torch.zeros(1, 28, 28), torch.full((1, 28, 28), 0.5)])
    assert stroke_thickness(images).tolist() == [0, 0]


def test_a_stroke_at_the_border_ends_there():
    image = torch.zeros(1, 1, 28, 28)
    image[..., :3] = 1
    assert stroke_thickness(image).item() == pytest.approx(3, abs=0.4)
    assert stroke_thickness(torch.ones(1, 1, 8, 40)).item() < 8  # not without end


def test_each_image_is_measured_alone(digits):
    images = digits.train_images[:20]
    together = stroke_thickness(images)
    assert together.dtype == torch.float32
    assert together.shape == (20,)
    assert torch.equal(together, torch.cat([stroke_thickness(image[None]) for image in images]))
    moved = images.roll((2, -1), dims=(2, 3))
    torch.testing.assert_close(stroke_thickness(moved), together)


def test_the_digits_have_strokes(digits):
    measured = stroke_thickness(digits.test_images)
    assert 1.5 < measured.min() < 3
    assert 3 < measured.median() < 4.5
    assert 6 < measured.max() < 10


def test_it_stays_on_the_images_device(digits):
    images = digits.train_images[:3]
    with pretend_gpu() as gpu:
        measured = stroke_thickness(images.to(gpu))
        assert measured.device == gpu
        assert torch.equal(measured.cpu(), stroke_thickness(images))


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (torch.rand(3, 784), r"\.unflatten\(1, \(1, 28, 28\)\)"),
        (torch.rand(3, 3, 32, 32), r"shape \(B, 1, any, any\); got \(3, 3, 32, 32\)\.$"),
        (torch.rand(3, 1, 28, 28) * 2 - 1, r"\(images \+ 1\) / 2"),
    ],
)
def test_other_images_are_refused(images, message):
    with pytest.raises(ValueError, match=message):
        stroke_thickness(images)

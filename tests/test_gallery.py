"""The README's picture: drawn by the course's models, small, and the same each time."""

import io

import pytest
import torch
from PIL import Image

from course_tools import gallery
from course_tools.gallery import BLENDS, PICTURE, TILE, TITLE, draw_panels, picture


@pytest.fixture(scope="module")
def columns(digits):
    """What models draw that were trained for three steps, twice."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NBGRADER_EXECUTION", "autograde")
        return draw_panels(digits), draw_panels(digits)


def as_bytes(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format="png", optimize=True)
    return buffer.getvalue()


def test_each_panel_has_ten_drawings_in_a_row(columns):
    left, right = columns[0]
    assert [len(drawings) for drawings in left.values()] == [3, 3, 3]
    assert [len(drawings) for drawings in right.values()] == [4, len(BLENDS)]
    for drawings in (*left.values(), *right.values()):
        assert drawings.shape[1:] == (10, 1, 28, 28)
        assert drawings.min() >= 0 and drawings.max() <= 1


def test_models_differ_and_blends_go_from_one_class_to_the_other(columns):
    left, right = columns[0]
    gan, cvae, cbn = left.values()
    assert not torch.equal(gan, cvae) and not torch.equal(gan, cbn)
    blends = list(right.values())[1]
    steps = blends.diff(dim=1).abs().flatten(2).sum(dim=2)
    assert (steps > 0).all(), "every step changes something"


def test_the_same_seed_gives_the_same_bytes(columns):
    once, again = (as_bytes(picture(*panels)) for panels in columns)
    assert once == again


def test_drawings_stand_where_the_page_says(monkeypatch):
    monkeypatch.setattr(gallery, "BORDER", 1)
    white = torch.ones(2, 10, 1, 28, 28)
    page = picture({"": white}, {"": white[:1], " ": white[:1]}).convert("L")
    assert page.getpixel((gallery.MARGIN, TITLE)) == 255
    assert page.getpixel((gallery.MARGIN + 10 * TILE - 1, TITLE + 2 * TILE - 1)) == 255
    assert page.getpixel((gallery.MARGIN - 1, TITLE)) == 0
    right = 2 * gallery.MARGIN + 10 * TILE
    assert page.getpixel((right, TITLE)) == 255
    assert page.getpixel((right, page.height - gallery.MARGIN - 1)) == 255


def test_the_picture_in_the_tree_is_small_has_this_layout_and_is_described(columns):
    committed = Image.open(PICTURE)
    assert committed.size == picture(*columns[0]).size
    assert PICTURE.stat().st_size < 200_000
    readme = (gallery.ROOT / "README.md").read_text()
    alt = readme.partition("](docs/gallery.png)")[0].rpartition("![")[2]
    for words in ("autoencoder", "conditional batch normalization", "same noise"):
        assert words in alt
    for first, last in BLENDS:
        assert f"{first} into {last}" in alt

"""Every figure comes with a caption in words, and the same figure gives the same bytes."""

import pytest
import torch

from course_utils import plots

IMAGES = torch.rand(12, 1, 28, 28, generator=torch.Generator().manual_seed(0))
POINTS = torch.randn(20, 2, generator=torch.Generator().manual_seed(0))


def probability(features: torch.Tensor) -> torch.Tensor:
    return torch.sigmoid(features[:, 0])


FIGURES = {
    "images": lambda: plots.show_images(IMAGES, range(12), caption="twelve 0.5"),
    "colour images": lambda: plots.show_images(torch.rand(2, 3, 32, 32), None, caption="two 0.5"),
    "matrices": lambda: plots.show_matrices(
        {"a": torch.eye(3), "b": 2 * torch.eye(3)}, "column", "row", caption="two 3 by 3"
    ),
    "histories": lambda: plots.show_histories({"model": {"loss": [2.0, 1.0]}}),
    "bars": lambda: plots.show_bars({"a": [0.25, 1.0]}, ("x", "y"), "digit", "Recall"),
    "regions": lambda: plots.show_regions(
        {"q": (probability, (POINTS[:, 0] > 0).long())}, POINTS, caption="one boundary at 0"
    ),
    "points": lambda: plots.show_points(POINTS[:2], ["even?", "odd?"], caption="two, 1.0 apart"),
}


@pytest.fixture
def shown(monkeypatch):
    calls = []
    monkeypatch.setattr(plots, "display", lambda content, **rest: calls.append((content, rest)))
    return calls


@pytest.mark.parametrize("figure", FIGURES)
def test_a_figure_is_a_picture_and_its_words(shown, figure):
    torch.manual_seed(0)
    FIGURES[figure]()
    (picture, rest), (line, _) = shown
    assert picture["image/png"].startswith(b"\x89PNG")
    caption = picture["text/plain"]
    assert rest["metadata"]["image/png"]["alt"] == caption
    assert caption in line.data
    assert any(character.isdigit() for character in caption) or "two" in caption


@pytest.mark.parametrize("figure", FIGURES)
def test_the_same_figure_gives_the_same_bytes(shown, figure):
    for _ in range(2):
        torch.manual_seed(0)
        FIGURES[figure]()
    assert shown[0][0]["image/png"] == shown[2][0]["image/png"]


def test_captions_carry_the_key_numbers(shown):
    FIGURES["histories"]()
    FIGURES["bars"]()
    assert "model from 2.00 to 1.00" in shown[0][0]["text/plain"]
    assert "a: 0.25, 1.00" in shown[2][0]["text/plain"]


def test_no_figure_stays_open(shown):
    FIGURES["points"]()
    assert plots.plt.get_fignums() == []

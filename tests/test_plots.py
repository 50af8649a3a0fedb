"""Every figure comes with a caption in words, and the same figure gives the same bytes."""

import pytest
import torch

from course_utils import plots

IMAGES = torch.rand(12, 1, 28, 28, generator=torch.Generator().manual_seed(0))
POINTS = torch.randn(20, 2, generator=torch.Generator().manual_seed(0))
LABELS = torch.tensor([3, 7] * 10)


def probability(features: torch.Tensor) -> torch.Tensor:
    return torch.sigmoid(features[:, 0])


FIGURES = {
    "images": lambda: plots.show_images(IMAGES, range(12), caption="twelve 0.5"),
    "colour images": lambda: plots.show_images(torch.rand(2, 3, 32, 32), None, caption="two 0.5"),
    "matrices": lambda: plots.show_matrices(
        {"a": torch.eye(3), "b": 2 * torch.eye(3)}, "column", "row", caption="two 3 by 3"
    ),
    "histories": lambda: plots.show_histories({"model": {"loss": [2.0, 1.0]}}),
    "curves": lambda: plots.show_curves(
        {"a": {"p": [0.0, 1.0], "q": [1.0, 0.5, 0.25]}, "b": {"r": [2.0]}},
        "x",
        caption="two panels",
    ),
    "densities": lambda: plots.show_densities({"x": {"class 0": torch.randn(9)}}, "value"),
    "bars": lambda: plots.show_bars({"a": [0.25, 1.0]}, ("x", "y"), "digit", "Recall"),
    "bars of many sizes": lambda: plots.show_bars(
        {"a": [0.25, 100.0]}, ("x", "y"), "model", "floors", scale="log"
    ),
    "regions": lambda: plots.show_regions(
        {"q": (probability, (POINTS[:, 0] > 0).long())}, POINTS, caption="one boundary at 0"
    ),
    "points": lambda: plots.show_points(POINTS[:2], ["even?", "odd?"], caption="two, 1.0 apart"),
    "classes": lambda: plots.show_classes({"codes": (POINTS, LABELS)}, caption="classes 3 and 7"),
}


@pytest.fixture
def shown(monkeypatch):
    calls = []
    monkeypatch.setattr(plots, "display", lambda content, **rest: calls.append((content, rest)))
    return calls


@pytest.mark.parametrize("shape", [(50, 784), (3, 28, 28), (2, 5, 28, 28), (201, 1, 28, 28)])
def test_images_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match=r"at most 200 images .* got \("):
        plots.show_images(torch.zeros(shape), None, caption="none")


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


def test_no_figure_is_wider_than_a_narrow_window(shown):
    """Else it is shrunk there, and its letters are too small to read."""
    names = ("accuracy, by epoch", "distance, by epoch", "diversity, by epoch", "loss, by epoch")
    curves = {"discriminator": [0.0, 1.0], "generator": [1.0, 0.5]}
    plots.show_images(IMAGES, ["16 numbers"] * 12, "")
    plots.show_matrices(dict.fromkeys(names, torch.eye(3)), "column", "row", "")
    plots.show_curves(dict.fromkeys(names, curves), "epoch", "")
    plots.show_curves(dict.fromkeys(names[:3], curves), "epoch", "")
    values, numbers = {"class 0": torch.randn(9)}, [0.25, 1.0]
    plots.show_densities(dict.fromkeys(names[:3], values), "value")
    plots.show_bars(dict.fromkeys(names, numbers), ("x", "y"), "digit", "Recall")
    answers = (probability, (POINTS[:, 0] > 0).long())
    plots.show_regions(dict.fromkeys(names[:3], answers), POINTS, "")
    plots.show_classes(dict.fromkeys(names[:2], (POINTS, LABELS)), "")
    pictures = [content["image/png"] for content, _ in shown if isinstance(content, dict)]
    assert len(pictures) == 8
    assert max(int.from_bytes(picture[16:20]) for picture in pictures) <= 630


def test_four_panels_stand_in_two_rows_and_three_in_one(drawn):
    for count in (3, 4, 5):
        plots.show_curves({str(k): {"p": [0.0, 1.0]} for k in range(count)}, "epoch", "some")
    rows = [{axis.get_subplotspec().rowspan.start for axis in figure.axes} for figure, _ in drawn]
    assert rows == [{0}, {0, 1}, {0, 1, 2}]
    assert [len(figure.axes) for figure, _ in drawn] == [3, 4, 5]


def test_a_caption_begins_with_a_capital_and_has_no_minus_zero(shown):
    plots.show_bars({"a": [-0.001, 1.0]}, ("x", "y"), "digit", "part of the logit")
    assert shown[0][0]["text/plain"] == "Part of the logit by digit. A: 0.00 (x), 1.00 (y)."


def test_captions_carry_the_key_numbers(shown):
    FIGURES["histories"]()
    FIGURES["bars"]()
    assert "model from 2.00 to 1.00" in shown[0][0]["text/plain"]
    assert "A: 0.25 (x), 1.00 (y)" in shown[2][0]["text/plain"]


@pytest.fixture
def drawn(monkeypatch):
    """The figures that are shown, and what is written below them."""
    figures = []
    monkeypatch.setattr(plots, "show_figure", lambda *shown: figures.append(shown))
    yield figures
    for figure, _ in figures:
        plots.plt.close(figure)


def test_a_panel_per_title_and_a_curve_per_name(drawn):
    plots.show_curves(
        {"losses": {"p": [0.5, 1.0], "q": [1.0, 0.5, 0.25]}, "accuracy": {"r": [2.0]}},
        "epoch",
        "three",
    )
    ((figure, caption),) = drawn
    losses, accuracy = figure.axes
    assert caption == "three"
    assert [axis.get_title() for axis in figure.axes] == ["losses", "accuracy"]
    assert [axis.get_xlabel() for axis in figure.axes] == ["epoch", "epoch"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["p", "q", "r"]
    p, q = losses.get_lines()
    assert p.get_xydata().tolist() == [[1, 0.5], [2, 1]]
    assert q.get_xydata().tolist() == [[1, 1], [2, 0.5], [3, 0.25]]
    assert accuracy.get_lines()[0].get_xydata().tolist() == [[1, 2]]


def test_curves_over_places_of_their_own(drawn):
    plots.show_curves({"loss": {"p": [5.0, 6.0]}}, "logit", "two", x=[-1.5, 2.5])
    (curve,) = drawn[0][0].axes[0].get_lines()
    assert curve.get_xydata().tolist() == [[-1.5, 5], [2.5, 6]]


def test_curves_differ_without_colours_as_well(drawn):
    plots.show_curves({"loss": {str(k): [0.0, k] for k in range(9)}}, "epoch", "nine")
    curves = drawn[0][0].axes[0].get_lines()
    assert len({curve.get_linestyle() for curve in curves[:4]}) == 4
    assert len({curve.get_color() for curve in curves[:8]}) == 8


def test_a_name_has_the_same_line_in_every_panel(drawn):
    plots.show_curves(
        {"distance": {"p": [1.0], "q": [2.0], "r": [3.0]}, "in floors": {"r": [1.0], "q": [2.0]}},
        "images",
        "two panels",
    )
    left, right = (axis.get_lines() for axis in drawn[0][0].axes)
    for one, two in ((left[2], right[0]), (left[1], right[1])):
        assert (one.get_color(), one.get_linestyle()) == (two.get_color(), two.get_linestyle())
    assert len({curve.get_color() for curve in left}) == 3


def test_of_many_values_a_caption_tells_the_extremes(shown):
    plots.show_bars({"all": [0.5, *[0.25] * 7, 2.0]}, range(9), "digit", "recall")
    caption = shown[0][0]["text/plain"]
    assert caption == "Recall by digit. All: from 0.25 (1) to 2.00 (8), mean 0.47."
    plots.show_bars({"all": [0.5] * 9}, range(9), "digit", "recall")
    assert shown[2][0]["text/plain"] == "Recall by digit. All: 0.50 each."


def test_legends_stand_above_the_panels(drawn):
    for figure in ("curves", "densities", "bars", "regions"):
        FIGURES[figure]()
    for figure, _ in drawn:
        figure.canvas.draw()
        legend = figure.legends[0].get_window_extent()
        assert all(axis.get_window_extent().y1 <= legend.y0 for axis in figure.axes)


def test_a_matrix_has_its_numbers_or_a_scale_of_colours(drawn):
    for size in (3, 12):
        plots.show_matrices({"a": torch.eye(size)}, "column", "row", "one")
    (small, _), (large, _) = drawn
    assert (len(small.axes), len(small.axes[0].texts)) == (1, 9)
    assert (len(large.axes), len(large.axes[0].texts)) == (2, 0)


def test_no_figure_stays_open(shown):
    FIGURES["points"]()
    assert plots.plt.get_fignums() == []


def test_each_class_is_drawn_with_its_number(shown, monkeypatch):
    drawn = {}
    scatter = plots.Axes.scatter
    monkeypatch.setattr(
        plots.Axes,
        "scatter",
        lambda axis, x, y, marker, **rest: (
            drawn.update({marker: sorted(x.tolist())}),
            scatter(axis, x, y, marker=marker, **rest),
        ),
    )
    plots.show_classes({"codes": (POINTS, LABELS)}, caption="classes 3 and 7")
    assert drawn == {
        f"${label}$": sorted(POINTS[label == LABELS][:, 0].tolist()) for label in (3, 7)
    }

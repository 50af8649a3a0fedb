"""A table says in bold what is best as printed, and is a table whatever its names hold."""

import math

import pytest
import torch
from IPython.display import Markdown

from course_utils import tables
from course_utils.tables import show_table

ROWS = {"A": {"accuracy": 0.991, "floors": 2.04}, "B": {"accuracy": 0.5, "floors": 11.0}}
FORMATS = {"accuracy": ".0%", "floors": ".1f"}


@pytest.fixture
def table(monkeypatch):
    """Shows a table, and returns its Markdown by lines."""
    shown = []
    monkeypatch.setattr(tables, "display", shown.append)

    def show(*arguments, **options) -> list[str]:
        shown.clear()
        assert show_table(*arguments, **options) is None
        (markdown,) = shown
        assert isinstance(markdown, Markdown)
        return markdown.data.split("\n")

    return show


def test_a_table_without_winners(table):
    assert table(ROWS, FORMATS) == [
        "| | accuracy | floors |",
        "| --- | ---: | ---: |",
        "| A | 99% | 2.0 |",
        "| B | 50% | 11.0 |",
    ]


def test_the_best_of_a_column_is_bold(table):
    """11.0 is the larger number, though not the larger text."""
    *_, a, b = table(ROWS, FORMATS, best={"accuracy": max, "floors": max})
    assert (a, b) == ("| A | **99%** | 2.0 |", "| B | 50% | **11.0** |")
    *_, a, b = table(ROWS, FORMATS, best={"floors": min})
    assert (a, b) == ("| A | 99% | **2.0** |", "| B | 50% | 11.0 |")


def test_what_reads_the_same_is_equally_good(table):
    rows = {"A": {"x": 0.9951}, "B": {"x": 0.9949}, "C": {"x": 0.9949}, "D": {"x": 0.98}}
    marked = [line.count("**") for line in table(rows, {"x": ".2f"}, best={"x": max})[2:]]
    assert marked == [2, 0, 0, 0]
    rows["B"] = {"x": 1.0}
    marked = [line.count("**") for line in table(rows, {"x": ".2f"}, best={"x": max})[2:]]
    assert marked == [2, 2, 0, 0]


def test_columns_stand_in_the_order_of_the_formats(table):
    header, _, a, _ = table(ROWS, {"floors": ".2f", "accuracy": ".3f"})
    assert (header, a) == ("| | floors | accuracy |", "| A | 2.04 | 0.991 |")


def test_a_number_that_is_missing_is_never_the_best(table):
    for values in ([math.nan, 1.0, 2.0], [1.0, math.nan, 2.0], [1.0, 2.0, math.nan]):
        rows = {str(i): {"x": value} for i, value in enumerate(values)}
        for choose in (min, max):
            text = "\n".join(table(rows, {"x": ".1f"}, best={"x": choose}))
            assert f"**{choose(1.0, 2.0)}**" in text and "| nan |" in text
    assert table({"A": {"x": math.nan}}, {"x": ".1f"}, best={"x": max})[2] == "| A | nan |"


def test_a_tensor_without_dimensions_is_a_number(table):
    rows = {"A": {"x": torch.tensor(0.25)}, "B": {"x": torch.tensor(0.5)}}
    assert table(rows, {"x": ".2f"}, best={"x": min})[2:] == ["| A | **0.25** |", "| B | 0.50 |"]


def test_a_bar_in_a_name_does_not_end_its_cell(table):
    header, _, row = table({"p(x|y)": {"a|b": 1.0}}, {"a|b": ".0f"})
    assert (header, row) == (r"| | a\|b |", r"| p(x\|y) | 1 |")

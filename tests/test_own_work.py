"""Of another notebook those statements are run that its model needs, whatever else is in there."""

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course_utils.own_work import NotebookError, assign

CLASS = "class Net:\n    def __init__(self, size=0):\n        self.size = size"
MADE = "net = Net(size)"


def write_notebook(path: Path, *cells: str) -> Path:
    """A notebook of code cells."""
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=[new_code_cell(cell) for cell in cells]), path)
    return path


@pytest.fixture
def make(tmp_path):
    """Makes ``net`` again from code cells."""

    def made(*cells: str, names: dict | None = None, also: tuple[str, ...] = ()):
        notebook = write_notebook(tmp_path / "work.ipynb", *cells)
        return assign(notebook, "net", "Net", {} if names is None else names, *also)

    return made


def test_it_is_made_from_what_stands_above(make):
    names = {}
    net = make(CLASS, "size = 5", MADE, "size = 7", names=names)
    assert type(net).__name__ == "Net" and net.size == 5
    assert names["net"] is net and names["size"] == 5


@pytest.mark.parametrize(
    "cells",
    [
        ["size, epochs = 6, 100"],
        ["base = 3", "size = 2 * base"],
        ["size = 2", "print(size)", "size = 6"],
        ["size: int = 6"],
        ["size = 5\nsize += 1"],
        ["if True:\n    size = 6"],
        ["def size_of(n):\n    return n + offset", "offset = 2", "size = size_of(4)"],
        ["import math", "size = math.isqrt(36)"],
        ["from math import *", "size = isqrt(36)"],
        ["try:\n    import math\nexcept ImportError:\n    pass", "size = math.isqrt(36)"],
        ["factor = 2", "size = sum(factor * x for x in (1, 2))"],
        ["factor = 2", "size = (lambda x, y=factor: x * y)(3)"],
        ["class Base:\n    width = 6", "class Sub(Base):\n    pass", "size = Sub.width"],
        ["def same(f):\n    return f", "@same\ndef six():\n    return 6", "size = six()"],
    ],
)
def test_sizes_are_found_however_they_are_written(make, cells):
    assert make(CLASS, *cells, MADE).size == 6


@pytest.mark.parametrize(
    "cell",
    [
        "raise NotImplementedError",
        "print(not_defined)",
        "other = not_defined",
        "def f(:",
        "size.show()",
        "for _ in range(3):\n    other = not_defined",
        "class Other:\n    raise NotImplementedError",
        "%matplotlib inline\n!pip install nothing\nother = not_defined",
        "Net?",
        "%%bash\necho $size",
        "def f():\n    size = 8\n    net = Net(size)",
        "f = lambda size: not_defined",
        "self = not_defined",  # in the class this is the name of a parameter
        "",
    ],
)
@pytest.mark.parametrize("where", [0, 1, 2, 3])
def test_what_is_not_needed_is_not_run(make, cell, where):
    cells = [CLASS, "size = 6", MADE]
    cells.insert(where, cell)
    assert make(*cells).size == 6


def test_magic_commands_are_left_out(make):
    cells = [f"%load_ext autoreload\n{CLASS}", "!ls\nsize = 6\n%who\n", f"%%time\n{MADE}"]
    assert make(*cells).size == 6


def test_what_is_tried_out_in_the_same_cell_does_not_matter(make):
    tried = "print(Net(size=3))\nexample = Net(not_defined)"
    assert make(f"{CLASS}\n{tried}", "size = 6", MADE).size == 6


def test_names_that_are_given_are_not_looked_for(make):
    assert make(CLASS, "size = not_defined", MADE, names={"size": 4}).size == 4
    cells = CLASS, "width = not_defined", "size = 2 * width", MADE
    assert make(*cells, names={"width": 2}).size == 4


def test_more_names_can_be_asked_for(make):
    names = {}
    make(CLASS, "size = 6", "rate = 0.5", "other = 3", MADE, names=names, also=("rate",))
    assert names["rate"] == 0.5 and "other" not in names


def test_the_last_definition_above_counts(make):
    changed = CLASS.replace("= size", "= size + 1")
    assert make(CLASS, changed, "size = 6", MADE, CLASS.replace("= size", "= 0")).size == 7


@pytest.mark.parametrize(
    "statement",
    ["net = Net(6)", "net = wrapped(Net(size=6))", "net = Net(6).same()", "net = [Net(6)][0]"],
)
def test_the_first_statement_that_makes_it(make, statement):
    """Neither one in a function, nor another name, nor several, nor another call."""
    others = [
        "def again():\n    net = Net(1)\n    return net",
        "untrained = Net(2)",
        "net, history = Net(3), []",
        "net = Other(4)",
        "net.size = Net(5)",
    ]
    helpers = [
        "def wrapped(net):\n    return net",
        CLASS + "\n    def same(self):\n        return self",
    ]
    assert make(*helpers, *others, statement, "net = Net(7)").size == 6


def test_what_it_prints_is_dropped(make, capsys):
    assert make(CLASS + "\n        print('made')", "size = 6", MADE).size == 6
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("error", ["NotImplementedError", "KeyboardInterrupt"])
@pytest.mark.parametrize("where", ["    raise {}", "        raise {}"], ids=["class", "__init__"])
def test_what_it_raises_is_raised(make, error, where):
    with pytest.raises(BaseException) as raised:
        make(f"{CLASS}\n{where.format(error)}", "size = 6", MADE)
    assert raised.type.__name__ == error


def test_a_cell_that_is_missing(make):
    with pytest.raises(NameError, match="name 'Net' is not defined"):
        make("size = 6", MADE)


def refusal(notebook: Path) -> str:
    with pytest.raises(NotebookError) as raised:
        assign(notebook, "net", "Net", {})
    message = str(raised.value)
    assert "\n" not in message and notebook.name in message
    return message


def test_a_notebook_that_does_not_make_it(tmp_path):
    path = write_notebook(tmp_path / "work.ipynb", CLASS, "size = 6")
    assert refusal(path) == "no cell of work.ipynb says net = Net(...)"
    nbformat.write(new_notebook(cells=[new_markdown_cell(MADE)]), path)
    assert "no cell" in refusal(path)
    nbformat.write(new_notebook(), path)
    assert "no cell" in refusal(path)


def test_a_notebook_that_is_not_there(tmp_path):
    assert "there is no notebook" in refusal(tmp_path / "work.ipynb")
    assert "there is no notebook" in refusal(tmp_path / "nowhere" / "work.ipynb")


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff\xfe", b"[]", b"null", b"3", b"{}", b'{"cells": 3}', b"<html>"]
)
def test_a_notebook_that_is_damaged(tmp_path, content):
    path = tmp_path / "work.ipynb"
    path.write_bytes(content)
    assert "cannot be read" in refusal(path)


def test_a_notebook_that_was_cut_off(tmp_path):
    path = write_notebook(tmp_path / "work.ipynb", CLASS, "size = 6", MADE)
    whole = path.read_bytes()
    for length in range(0, len(whole) - 2, 40):
        path.write_bytes(whole[:length])
        assert "cannot be read" in refusal(path)


def test_a_folder_is_no_notebook(tmp_path):
    (tmp_path / "work.ipynb").mkdir()
    assert "cannot be read" in refusal(tmp_path / "work.ipynb")

"""Regression testing with nbval: a changed output, or a cell that fails, turns it red."""

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from course_tools.build import METADATA, ROOT

FIGURE = new_output("display_data", data={"text/plain": "a caption with 0.25", "image/png": "AAAA"})


def notebook(**changes: str) -> nbformat.NotebookNode:
    """One cell that prints, one that trains, one that shows a figure and its caption."""
    show = (
        "from IPython.display import display\n"
        "display({'text/plain': 'a caption with 0.25', 'image/png': b'x'}, raw=True)"
    )
    cells = [
        new_code_cell("print(6 * 7)", outputs=[new_output("stream", name="stdout", text="42\n")]),
        new_code_cell(
            "import random\nprint(random.random())",
            metadata={"tags": ["nbval-ignore-output", "training"]},
            outputs=[new_output("stream", name="stdout", text="0.5\n")],
        ),
        new_code_cell(show, outputs=[FIGURE]),
    ]
    for count, cell in enumerate(cells, start=1):
        cell.execution_count = count
    for place, source in changes.items():
        cells[int(place.removeprefix("cell"))].source = source
    return new_notebook(cells=cells, metadata=METADATA)


def run_nbval(folder: Path, content: nbformat.NotebookNode) -> int:
    path = folder / "try.ipynb"
    nbformat.write(content, path)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command += ["--nbval", "--nbval-current-env", "--rootdir", str(folder), str(path)]
    return subprocess.run(command, cwd=folder, capture_output=True, timeout=300).returncode


@pytest.mark.parametrize(
    ("changes", "red"),
    [
        ({}, False),
        ({"cell0": "print(6 * 8)"}, True),
        ({"cell1": "raise RuntimeError('training breaks')"}, True),
        (
            {
                "cell2": "from IPython.display import display\ndisplay({'text/plain': "
                "'a caption with 0.75', 'image/png': b'x'}, raw=True)"
            },
            True,
        ),
    ],
    ids=["as it was", "other number", "training breaks", "other caption"],
)
def test_nbval_turns_red(tmp_path, changes, red):
    assert bool(run_nbval(tmp_path, notebook(**changes))) == red


def test_only_training_and_timing_are_left_uncompared():
    for path in (ROOT / "solutions").glob("*/*.ipynb"):
        for cell in nbformat.read(path, as_version=4).cells:
            tags = cell.metadata.get("tags", ())
            assert ("nbval-ignore-output" in tags) == bool({"training", "timing"} & set(tags))
            assert not {"nbval-skip", "raises-exception", "nbval-raises-exception"} & set(tags)
            if "NBVAL" in cell.source:
                pytest.fail("nbval's comment markers hide a cell: use the tag training")

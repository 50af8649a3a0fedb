"""Where the course is started: Colab, Binder, conda, and what README says of them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import yaml

from course_tools.build import FIND_THE_COURSE, NOTEBOOKS, names
from course_tools.gradebook import ROOT
from course_tools.marking.plan import FINDER

NOT_INSTALLED = """
import sys
sys.meta_path = [finder for finder in sys.meta_path if "editable" not in repr(finder).lower()]
"""
PAGES = ("README.md", "CONTRIBUTING.md")


def elsewhere(folder: Path, code: str) -> subprocess.CompletedProcess:
    """Run code in a folder, by a Python in which the course is not installed."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    command = [sys.executable, "-c", NOT_INSTALLED + code]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def clone(folder: Path) -> Path:
    """A clone of the course, as far as its notebooks need it."""
    folder.mkdir()
    for name in ("course_utils", "notebooks"):
        (folder / name).symlink_to(ROOT / name)
    return folder


@pytest.mark.parametrize("place", [".", "my-clone", "my-clone/exercises/week-1"])
def test_a_notebook_finds_the_clone_beside_it_or_around_it(tmp_path, place):
    clone(tmp_path / "my-clone")
    (tmp_path / place).mkdir(parents=True, exist_ok=True)
    done = elsewhere(tmp_path / place, f"{FIND_THE_COURSE}\nfrom course_utils import inputs, check")
    assert done.returncode == 0, done.stderr


def test_without_a_clone_one_sentence_says_how_to_get_it(tmp_path):
    done = elsewhere(tmp_path, FIND_THE_COURSE)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("ModuleNotFoundError: The course is not here.")
    assert "!git clone" in last


@pytest.mark.parametrize("path", [f"{name}/{name}" for name in names()] + ["index"])
def test_it_is_the_first_cell_of_every_notebook_and_folded(path):
    cells = nbformat.read(NOTEBOOKS / f"{path}.ipynb", as_version=4).cells
    first = next(cell for cell in cells if cell.cell_type == "code")
    assert (first.id, first.source) == (FINDER, FIND_THE_COURSE)
    assert first.metadata.jupyter.source_hidden


def test_binder_and_conda_install_the_course_itself():
    """Binder sees the option -e and copies the clone before it makes the environment."""
    (python, _, pip) = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    assert python.startswith("python=")
    assert pip["pip"] == ["-c constraints.txt", "-e .[dev]"]


@pytest.mark.parametrize("page", PAGES)
def test_every_link_inside_the_repository_leads_somewhere(page):
    text = (ROOT / page).read_text()
    targets = re.findall(r"\]\(([^)\s]+)\)", text)
    inside = [target for target in targets if not target.startswith("http")]
    assert inside
    headings = {
        re.sub(r"[^\w -]", "", line.lstrip("# ").lower()).replace(" ", "-")
        for line in text.splitlines()
        if line.startswith("#")
    }
    for target in inside:
        path, _, anchor = target.partition("#")
        assert (ROOT / path).exists(), target
        assert not anchor or path or anchor in headings, target


def test_readme_names_paths_in_its_links_for_binder_and_colab_that_exist():
    """The reader puts the name of the own clone into them."""
    readme = (ROOT / "README.md").read_text()
    binder = re.search(r"mybinder\.org/v2/gh/YOU/CLONE/HEAD\?urlpath=lab/tree/(\S+?)`", readme)[1]
    colab = re.search(r"colab\.research\.google\.com/github/YOU/CLONE/blob/main/(\S+?)`", readme)[1]
    assert (ROOT / binder).is_file() and (ROOT / colab).is_file()

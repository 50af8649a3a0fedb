"""The handout for a class: complete, and without solutions and hidden tests."""

import re
import subprocess
import sys
from zipfile import ZipFile

import pytest

from course_tools import handout
from course_tools.build import names
from course_utils.exercises import EXERCISES


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """The handout, unpacked as a learner would."""
    folder = tmp_path_factory.mktemp("handout")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(handout, "ARCHIVE", folder / "build" / "handout.zip")
        handout.main()
    with ZipFile(folder / "build" / "handout.zip") as zipped:
        zipped.extractall(folder)
    return folder / "conditional-models"


def test_it_holds_no_solution_and_no_hidden_test(unpacked):
    names = {str(path.relative_to(unpacked)) for path in unpacked.rglob("*") if path.is_file()}
    assert not [name for name in names if name.startswith(("solutions", "tests", "submitted"))]
    assert not [name for name in names if "__pycache__" in name or "checkpoint" in name]
    for path in unpacked.rglob("*.ipynb"):
        assert "BEGIN SOLUTION" not in path.read_text()


def test_its_checks_work_and_marking_says_where_it_runs(unpacked):
    code = f"""
from course_utils import check, grade
for slug in {list(EXERCISES)}:
    check(slug, lambda *arguments: None)
try:
    grade("one-hot", None)
except FileNotFoundError as error:
    print("error:", error)
"""
    environment = {"PYTHONPATH": str(unpacked), "PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1"}
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=unpacked,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.count("did you forget a return?") >= 4
    assert "error: This copy of the course has no hidden tests" in run.stdout


def test_its_first_page_has_nothing_solved_and_links_to_its_notebooks(unpacked):
    page = (unpacked / "notebooks" / "index.ipynb").read_text()
    assert "<progress value='0'" in page and not re.search("<progress value='[1-9]", page)
    links = set(re.findall(r"href='([^'#]+)", page))
    assert links == {f"{name}/{name}.ipynb" for name in names()}
    for link in links:
        assert (unpacked / "notebooks" / link).is_file()


def test_the_pictures_of_its_readme_are_in_it(unpacked):
    pictures = re.findall(r"\]\((docs/[^)]+\.png)\)", (unpacked / "README.md").read_text())
    assert len(pictures) == 2
    assert all((unpacked / picture).is_file() for picture in pictures)


def test_the_set_up_of_the_course_is_in_it(unpacked):
    for name in ("Makefile", "pyproject.toml", "constraints.txt", "course_tools/install.py"):
        assert (unpacked / name).read_text() == (handout.ROOT / name).read_text()

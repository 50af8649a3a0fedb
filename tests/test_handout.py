"""The handout for a class: complete, and without solutions and hidden tests."""

import subprocess
import sys
from zipfile import ZipFile

import pytest

from course_tools import handout
from course_utils.exercises import EXERCISES


@pytest.fixture
def unpacked(tmp_path, monkeypatch):
    """The handout, unpacked as a learner would."""
    monkeypatch.setattr(handout, "ARCHIVE", tmp_path / "build" / "handout.zip")
    handout.main()
    with ZipFile(tmp_path / "build" / "handout.zip") as zipped:
        zipped.extractall(tmp_path)
    return tmp_path / "conditional-models"


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


def test_the_set_up_of_the_course_is_in_it(unpacked):
    for name in ("Makefile", "pyproject.toml", "constraints.txt", "course_tools/install.py"):
        assert (unpacked / name).read_text() == (handout.ROOT / name).read_text()

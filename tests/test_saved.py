"""Where saved work goes: the course's folder, or one that does not outlive the marking."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from course_utils import saved
from course_utils.saved import saved_folder


@pytest.fixture(autouse=True)
def interactive(monkeypatch):
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.delenv("COURSE_SAVED", raising=False)


def test_the_folder_of_the_environment_variable(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_SAVED", str(tmp_path / "my" / "work"))
    assert saved_folder() == tmp_path / "my" / "work"
    assert saved_folder().is_dir()


def test_a_tilde_is_the_home_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("COURSE_SAVED", "~/work")
    assert saved_folder() == tmp_path / "work"


@pytest.mark.parametrize("value", [None, ""])
def test_the_folder_beside_the_package_otherwise(monkeypatch, tmp_path, value):
    assert (saved.COURSE / "course_utils" / "saved.py").is_file()
    monkeypatch.setattr(saved, "COURSE", tmp_path)
    if value is not None:
        monkeypatch.setenv("COURSE_SAVED", value)
    assert saved_folder() == tmp_path / "saved"
    assert saved_folder().is_dir()


CODE = """
from course_utils.saved import saved_folder
saved_folder().joinpath("file").write_text("")
assert saved_folder().joinpath("file").exists()
print(saved_folder())
{last}
"""


@pytest.mark.parametrize("mode", ["autograde", "validate"])
@pytest.mark.parametrize("last", ["", "1 / 0"])
def test_a_temporary_folder_while_a_notebook_is_marked(tmp_path, mode, last):
    mine = tmp_path / "mine"
    result = subprocess.run(
        [sys.executable, "-c", CODE.format(last=last)],
        env=os.environ
        | {"NBGRADER_EXECUTION": mode, "COURSE_SAVED": str(mine), "TMPDIR": str(tmp_path)}
        | {"PYTHONPATH": str(Path(__file__).parents[1])},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ("ZeroDivisionError" in result.stderr) == bool(last), result.stderr
    folder = Path(result.stdout.strip())
    assert folder.parent == tmp_path and folder.name.startswith("course-saved-")
    assert not folder.exists() and not mine.exists()

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


@pytest.mark.parametrize("mode", ["autograde", "validate"])
def test_a_temporary_folder_while_a_notebook_is_marked(monkeypatch, tmp_path, mode):
    monkeypatch.setenv("NBGRADER_EXECUTION", mode)
    monkeypatch.setenv("COURSE_SAVED", str(tmp_path / "mine"))
    folder = saved_folder()
    assert folder.is_dir() and folder.name.startswith("course-saved-")
    assert saved_folder() == folder, "what one cell saves the next can load"
    assert not (tmp_path / "mine").exists()


CODE = """
from course_utils.saved import saved_folder
saved_folder().joinpath("file").write_text("")
assert saved_folder().joinpath("file").exists()
print(saved_folder())
"""


def test_the_temporary_folder_ends_with_the_process(tmp_path):
    result = subprocess.run(
        [sys.executable, "-c", CODE],
        env=os.environ
        | {"NBGRADER_EXECUTION": "autograde", "TMPDIR": str(tmp_path)}
        | {"PYTHONPATH": str(Path(__file__).parents[1])},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    folder = Path(result.stdout.strip())
    assert folder.parent == tmp_path and folder.name.startswith("course-saved-")
    assert not folder.exists()


def test_a_folder_that_cannot_be_made_gets_a_sentence(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("COURSE_SAVED", str(tmp_path / "file" / "saved"))
    with pytest.raises(OSError, match=r"cannot be made .* set COURSE_SAVED to a folder"):
        saved_folder()

"""`make` installs the course, whatever happened before.

The real Makefile, venv and pip run on a tiny course, in folders with spaces, without a network.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from course_tools import install

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize(
    "output, advice",
    [
        ("ERROR: ... OSError: [Errno 28] No space left on device", "disk is full"),
        ("[Errno 122] Disk quota exceeded", "quota used up"),
        ("after connection broken by 'NewConnectionError(", "check the network"),
        ("ERROR: No matching distribution found for torch==2.15.0", "has no package"),
        ("ERROR: ResolutionImpossible", "reason above"),
    ],
)
def test_a_failure_says_what_to_do(output, advice):
    assert advice in install.explain(output, Path("venv"))


def write_wheel(folder: Path, name: str, version: str, files: dict, metadata: str = "") -> None:
    """A wheel whose METADATA is unpacked first, so that pip takes half of it for the whole."""
    info = f"{name}-{version}.dist-info"
    contents = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{metadata}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        **files,
    }
    contents[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in contents) + f"{info}/RECORD,,\n"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        for path, text in contents.items():
            wheel.writestr(path, text)


class Clone:
    """A clone of a tiny course that needs `tiny`, of which there are versions 1, 2 and 3."""

    def __init__(self, folder: Path, venv: Path):
        self.folder, self.venv = folder, venv
        (folder / "wheels").mkdir(parents=True)
        for version in "12":
            write_wheel(folder / "wheels", "tiny", version, {"tiny/__init__.py": ""})
        many = {f"tiny/m{i}.py": "a = 1\n" * 50 for i in range(3000)}
        write_wheel(folder / "wheels", "tiny", "3", many)
        write_wheel(folder / "wheels", "linter", "1", {"linter.py": ""})
        needs = "Requires-Dist: tiny\nProvides-Extra: dev\nRequires-Dist: linter; extra == 'dev'\n"
        write_wheel(folder, "course", "1", {}, needs)
        (folder / "backend.py").write_text(
            "import shutil\ndef build_editable(folder, *_):\n"
            "    shutil.copy('course-1-py3-none-any.whl', folder)\n"
            "    return 'course-1-py3-none-any.whl'\n"
        )
        (folder / "pyproject.toml").write_text(
            "[build-system]\nrequires = []\nbuild-backend = 'backend'\nbackend-path = ['.']\n"
        )
        (folder / "course_tools").mkdir()
        shutil.copy(ROOT / "course_tools/install.py", folder / "course_tools")
        (folder / "course_utils.py").write_text("print(__file__)")
        makefile = (ROOT / "Makefile").read_text()
        (folder / "Makefile").write_text(
            makefile + "\nwhere: install\n\t@cd / && $(RUN) course_utils\n"
        )
        self.pin("1")

    def pin(self, version: str) -> None:
        (self.folder / "constraints.txt").write_text(f"tiny=={version}\nlinter==1\n")

    def start(self, *arguments: str) -> subprocess.Popen:
        ours = ("MAKE", "MFLAGS", "PIP_", "PYTHON", "VENV")
        env = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        env["PATH"] = f"{Path(sys.executable).parent}:{env['PATH']}"
        env |= {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull}
        env["PIP_FIND_LINKS"] = (self.folder / "wheels").as_uri()
        return subprocess.Popen(
            ["make", f"VENV={self.venv}", *arguments],
            cwd=self.folder,
            env=env,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def make(self, *arguments: str, fails: bool = False) -> str:
        process = self.start(*(arguments or ["install"]))
        output, _ = process.communicate()
        assert bool(process.returncode) == fails, output
        return output

    @property
    def library(self) -> Path:
        return next(self.venv.glob("lib/python3*/site-packages"))

    @property
    def holds(self) -> set[str]:
        return {path.stem for path in self.library.glob("*.dist-info")} - {"pip", "setuptools"}


@pytest.fixture(scope="module")
def clone(tmp_path_factory) -> Clone:
    """Installed; what a test spoils it repairs again."""
    folder = tmp_path_factory.mktemp("a course")
    clone = Clone(folder / "the clone", folder / "the venv")
    assert "Installing the course" in clone.make()
    return clone


def fake_python(folder: Path, code: str) -> str:
    """A Python in which `code` runs first."""
    path = folder / "python"
    run = (
        "import runpy, sys; sys.argv = sys.argv[2:]; runpy.run_path(sys.argv[0], None, '__main__')"
    )
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "import sys; {code}; {run}" "$@"\n')
    path.chmod(0o755)
    return f"PYTHON={path}"


def test_the_pinned_versions_and_what_development_needs_are_installed(clone):
    assert {"tiny-1", "linter-1", "course-1"} <= clone.holds


def test_a_second_call_does_nothing(clone):
    before = install.changed_at(clone.venv)
    assert clone.make() == ""
    assert install.changed_at(clone.venv) == before


def test_another_pin_is_installed(clone):
    clone.pin("2")
    clone.make()
    assert "tiny-2" in clone.holds
    clone.pin("1")
    clone.make()
    assert "tiny-1" in clone.holds


def test_a_failed_update_leaves_the_old_environment_in_use(clone):
    clone.pin("9")
    assert "Making" not in clone.make(fails=True)
    clone.pin("1")
    assert clone.make() == ""


def test_an_install_that_was_killed_half_way_is_repaired(clone):
    clone.pin("3")
    process = clone.start("install")
    while not (clone.library / "tiny/m100.py").exists():
        assert process.poll() is None, process.stdout.read()
        time.sleep(0.001)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert not (clone.library / "tiny/m2999.py").exists()
    assert "Making the virtual environment" in clone.make()
    assert len(list((clone.library / "tiny").glob("*.py"))) == 3000
    assert clone.make() == ""


@pytest.mark.parametrize("lost", ["bin/python", "course.stamp"])
def test_a_half_made_environment_is_made_anew(tmp_path, lost):
    clone = Clone(tmp_path / "clone", tmp_path / "venv")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", clone.venv], check=True)
    install.write_stamp(clone.venv, install.digest(clone.folder))
    (clone.venv / "course.lock").touch()
    (clone.venv / lost).unlink()
    assert "Making the virtual environment" in clone.make()
    assert "tiny-1" in clone.holds


def test_clones_that_share_an_environment_import_their_own_code(clone, tmp_path):
    other = Clone(tmp_path / "other clone", clone.venv)
    shutil.copy(clone.folder / "constraints.txt", other.folder)
    for each in (clone, other):
        assert each.make("where") == f"{each.folder / 'course_utils.py'}\n"


def test_a_second_make_waits_for_the_first(tmp_path):
    clone = Clone(tmp_path / "clone", tmp_path / "venv")
    first, second = clone.start("install"), clone.start("install")
    outputs = [process.communicate()[0] for process in (first, second)]
    assert sum("Installing the course" in output for output in outputs) == 1
    assert first.returncode == second.returncode == 0


def test_a_folder_with_other_things_in_it_is_refused_and_kept(tmp_path):
    clone = Clone(tmp_path / "clone", tmp_path / "home")
    clone.venv.mkdir()
    (clone.venv / "thesis.tex").touch()
    assert "is not a virtual environment: choose another VENV" in clone.make(fails=True)
    assert [path.name for path in clone.venv.iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize(
    "code, sentence",
    [
        ("sys.version_info = (3, 9, 2)", "Python 3.9 is too old, the course needs 3.11 or newer"),
        ("sys.modules['ensurepip'] = None", "sudo apt install python3"),
    ],
)
def test_a_python_that_will_not_do_gets_one_sentence(tmp_path, code, sentence):
    clone = Clone(tmp_path / "clone", tmp_path / "venv")
    output = clone.make(fake_python(tmp_path, code), "install", fails=True)
    assert output.startswith((sentence, f"{sys.executable} cannot"))
    assert sentence in output
    assert len([line for line in output.splitlines() if not line.startswith("make")]) == 1


def test_no_python_at_all_gets_one_sentence(tmp_path):
    clone = Clone(tmp_path / "clone", tmp_path / "venv")
    output = clone.make("PYTHON=no-such-python", "install", fails=True)
    assert output.startswith("There is no no-such-python here: install Python 3.11 or newer")


def test_make_lists_its_targets():
    output = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert re.findall(r"^make (\w+) ", output, re.M)[:2] == ["help", "lab"]

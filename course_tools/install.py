"""Bring the course's virtual environment up to date: `python3 course_tools/install.py VENV`.

The Makefile runs this before every target, so the usual case, nothing to do, has to be quick.
Standard library only. The syntax is that of Python 3.6, so that an old Python can say it is old.

What was installed is written down in `VENV/course.stamp`, last of all: one digest of the
requirements. While pip is at work, the time at which site-packages last changed stands behind
it. If that time has passed, pip was broken off half way, and the environment is made anew:
pip takes some half-installed packages for whole ones.
"""

import argparse
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

OLDEST = (3, 11)
SPACE = "about 12 GB (less on a Mac)"
ROOT = Path(__file__).resolve().parent.parent
LOCK, STAMP = "course.lock", "course.stamp"
NOTHING, BROKEN = "nothing", "broken"


class InstallError(Exception):
    """One sentence that says what to do."""


def digest(root: Path) -> str:
    """Digest of the two files that decide what is installed."""
    parts = [(root / name).read_bytes() for name in ("pyproject.toml", "constraints.txt")]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def changed_at(venv: Path) -> str:
    """When a package last came into the environment, or left it."""
    folders = venv.glob("lib/python3*/site-packages")
    return str(max((folder.stat().st_mtime_ns for folder in folders), default=0))


def has_its_python(venv: Path) -> bool:
    """Whether its Python is still there: an upgrade of the system removes or replaces it."""
    python = (venv / "bin" / "python").resolve()
    replaced = (
        re.fullmatch(r"python3\.\d+", python.name) and not (venv / "lib" / python.name).exists()
    )
    return python.exists() and not replaced


def installed(venv: Path) -> str:
    """Digest of what the environment holds, or NOTHING (known of), or BROKEN."""
    if not (venv / STAMP).exists():
        return NOTHING
    held, *before = (venv / STAMP).read_text().split()
    if before and before[0] != changed_at(venv):
        return BROKEN
    return held if has_its_python(venv) else BROKEN


def write_stamp(venv: Path, *words: str) -> None:
    """Replace the stamp in one step, so that it is never half written."""
    part = venv / (STAMP + ".part")
    part.write_text(" ".join(words))
    part.replace(venv / STAMP)


def is_usable(venv: Path) -> bool:
    """Whether this is a virtual environment with a working pip and a Python that is new enough."""
    code = f"import sys, pip._internal; sys.exit(sys.version_info < {OLDEST})"
    try:
        call = subprocess.run(
            [str(venv / "bin" / "python"), "-I", "-c", code], stderr=subprocess.DEVNULL
        )
    except OSError:
        return False
    return (venv / "pyvenv.cfg").exists() and call.returncode == 0


def explain(output: str, venv: Path) -> str:
    """What to do about a call that failed with this output."""
    if re.search(r"Errno (28|122)\b", output):
        return (
            f"The disk is full, or your quota used up: make room in {venv}, in the temporary "
            f"folder (TMPDIR) and in pip's cache, {SPACE} in all, then call make again."
        )
    if re.search(r"connection|timed out|name resolution|ProxyError|SSLError", output, re.I):
        return "The packages could not be downloaded: check the network, then call make again."
    if "No matching distribution found for torch" in output:
        return (
            "PyTorch has no package for this Python on this machine: it needs 64-bit Linux, or "
            "macOS 14 on Apple silicon; for another Python, call make PYTHON=python3.12 lab."
        )
    return (
        "The installation failed for the reason above: mend it, then call make again; "
        "make VENV=FOLDER installs elsewhere."
    )


def run(venv: Path, command: list, lock: int) -> None:
    """Run a command in the course's folder; what it prints is shown as it comes.

    It inherits the lock, and keeps it if this process is killed before it.
    """
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    child = subprocess.Popen(
        command,
        cwd=str(ROOT),
        env=clean,
        stderr=subprocess.PIPE,
        universal_newlines=True,
        errors="replace",
        pass_fds=[lock],
    )
    output = ""
    with child:
        for line in child.stderr:
            sys.stderr.write(line)
            output += line
    if child.returncode:
        if shutil.disk_usage(str(venv)).free < 50e6:
            output += "[Errno 28]"  # venv does not say why it failed
        raise InstallError(explain(output, venv))


def make_venv(venv: Path, lock: int) -> None:
    """Make the environment, in place of one that is broken or too old."""
    if not (find_spec("venv") and find_spec("ensurepip")):
        name = "python{}.{}-venv".format(*sys.version_info)
        raise InstallError(
            f"{sys.executable} cannot make virtual environments: install what it lacks "
            f"(Debian, Ubuntu: sudo apt install {name}), then call make again."
        )
    print(f"Making the virtual environment {venv}", flush=True)
    write_stamp(venv, NOTHING, BROKEN)
    for entry in venv.iterdir():
        if entry.name in (LOCK, STAMP):
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(str(entry))
        else:
            entry.unlink()
    # Not sys.executable: that may be the Python of the environment that was just removed.
    run(venv, [sys._base_executable, "-I", "-m", "venv", str(venv)], lock)


def bring_up_to_date(venv: Path, wanted: str, fresh: bool) -> None:
    """Install what is wanted, in a new environment if `fresh` or if the old one is no good."""
    is_ours = any((venv / name).exists() for name in (LOCK, "pyvenv.cfg"))
    if venv.exists() and os.listdir(str(venv)) and not is_ours:
        raise InstallError(f"{venv} is not a virtual environment: choose another VENV.")
    venv.mkdir(parents=True, exist_ok=True)
    with (venv / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"Waiting: another make is installing in {venv}", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        held = installed(venv)
        if held == wanted and not fresh:
            return
        if fresh or held == BROKEN or not is_usable(venv):
            make_venv(venv, lock.fileno())
            held = NOTHING
        print(f"Installing the course in {venv} (the first time takes minutes)", flush=True)
        write_stamp(venv, held, changed_at(venv))
        pip = [str(venv / "bin" / "python"), "-I", "-m", "pip", "install"]
        run(venv, [*pip, "--constraint", "constraints.txt", "--editable", ".[dev]"], lock.fileno())
        write_stamp(venv, wanted)


def main() -> None:
    """Install if needed; exit with one sentence if that is not possible."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("venv", type=Path)
    parser.add_argument("--chosen", action="store_true", help="make VENV anew for another Python")
    options = parser.parse_args()
    venv, wanted = options.venv, digest(ROOT)
    library = venv / "lib" / "python{}.{}".format(*sys.version_info)
    fresh = options.chosen and venv.exists() and not library.exists()
    if installed(venv) == wanted and not fresh:
        return
    try:
        if sys.version_info < OLDEST:
            raise InstallError(
                "Python {}.{} is too old, the course needs {}.{} or newer: install one, "
                "or name one that you have, as in make PYTHON=python3.12 lab.".format(
                    *sys.version_info[:2], *OLDEST
                )
            )
        bring_up_to_date(venv, wanted, fresh)
    except InstallError as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(f"{error}. {explain(str(error), venv)}")
    except KeyboardInterrupt:
        sys.exit("Interrupted: call make again to go on.")


if __name__ == "__main__":
    main()

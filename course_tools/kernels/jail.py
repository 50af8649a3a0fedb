"""The jail that the forkserver runs in: a bubblewrap command, or why there can be none here."""

import os
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
VISIBLE = ("course_utils", "course_tools/__init__.py", "course_tools/kernels")
"""What jailed code sees of the course: no solutions, no hidden tests, no work of others."""

SCRATCH = "/scratch"
"""Where jailed code may write; also as /tmp, unless this course or its Python lie there."""

SYSTEM = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/usr")
SETTINGS = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime")


class NoJail(RuntimeError):
    """There can be no jail on this machine. The message says what to install or to change."""


def command(program: list[str], environment: dict[str, str]) -> list[str]:
    """The command that runs ``program`` in the jail, with this environment and no other.

    Raises `NoJail`.
    """
    bubblewrap = shutil.which("bwrap")
    if not sys.platform.startswith("linux"):
        raise NoJail(
            "Submissions are marked in a jail, and only Linux has one: mark on a Linux machine (a "
            "virtual one will do)"
        )
    if not bubblewrap:
        raise NoJail(
            "Submissions are marked in a jail, and bubblewrap is missing: install it (Debian, "
            "Ubuntu: sudo apt install bubblewrap; Fedora: sudo dnf install bubblewrap)"
        )
    # The forkserver is process 1: when it ends, so do all kernels.
    options = ["--as-pid-1", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
    options += ["--new-session", "--tmpfs", "/tmp", "--tmpfs", SCRATCH]
    rights = ["SYS_ADMIN", "SETPCAP"]  # for what `confine` does, which then gives them up
    if os.getuid() == 0:
        rights += ["SETUID", "SETGID", "SYS_RESOURCE"]
    else:
        options += ["--unshare-user"]
    for right in rights:
        options += ["--cap-add", f"CAP_{right}"]
    made = {"/", "/tmp"}
    for path in _read_only():
        for above in reversed(Path(path).parents):  # bubblewrap's own would be closed to nobody
            if str(above) not in made:
                options += ["--dir", str(above)]
        if os.path.islink(path):
            options += ["--symlink", os.readlink(path), path]
        else:
            options += ["--ro-bind", path, path]
        made |= {path, *map(str, Path(path).parents)}
    options += ["--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev"]
    options += ["--remount-ro", "/tmp", "--remount-ro", "/", "--chdir", "/", "--clearenv"]
    for name, value in environment.items():
        options += ["--setenv", name, value]
    return [bubblewrap, *options, "--", *program]


def tmp_is_free() -> bool:
    """Whether nothing that jailed code has to see lies under /tmp."""
    return not any(Path(path).is_relative_to("/tmp") for path in _read_only())


def _read_only() -> list[str]:
    """The files and folders that are in sight, those above before those inside."""
    pythons = {sys.prefix, sys.base_prefix, str(Path(sys.executable).resolve().parents[1])}
    course = {str(ROOT / name) for name in VISIBLE}
    paths = [path for path in (*SYSTEM, *SETTINGS) if os.path.lexists(path)]
    for path in sorted({*pythons, *course}):
        if not any(Path(path).is_relative_to(other) for other in paths):
            paths.append(path)
    return paths


def reason(output: str) -> str:
    """What to do about a jail that does not start, from what bubblewrap or the program said."""
    last = output.strip().splitlines()[-1] if output.strip() else "it gave no reason"
    advice = "mark on another Linux machine"
    if any(sign in output for sign in ("namespace", "uid map", "Operation not permitted")):
        advice = (
            "allow programs to make user namespaces (Ubuntu: sudo sysctl "
            "kernel.apparmor_restrict_unprivileged_userns=0), or, in a container, start it "
            "with the right to make them"
        )
    return f"Submissions are marked in a jail, and it does not start here ({last}): {advice}"

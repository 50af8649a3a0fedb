"""The place where the cases are marked: a class, canaries in all corners, and what watches over it.

A canary is a random string. Nothing that is written about a student may hold one.
"""

import base64
import hashlib
import http.server
import os
import re
import secrets
import socket
import stat
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil

from attacks import Case, Scene, Work, all_cases, hand_in
from attacks.harm_others import LASTING
from course_tools.gradebook import ROOT

WATCHED = ("course_utils", "course_tools", "solutions", "notebooks", "tests/hidden", "tests/banks")
Class = dict[str, list[Case]]
"""The cases by the student who hands them in."""

NEIGHBOURS = 6
"""Plain right submissions, spread over the class."""


def canary(place: str) -> str:
    """A random string that tells where it was found."""
    return f"CANARY-{place}-{secrets.token_hex(8)}"


def neighbour(work: Work) -> None:
    """Right answers, a secret, and an eye for what earlier submissions left behind."""
    secret = canary("neighbour")
    work.extend("one-hot", below=f"diary = {secret!r}")
    work.add(
        """
        import glob, os, sys, time

        with open("diary.txt", "w") as file:
            file.write(diary)
        places = "/tmp", "/var/tmp", "/dev/shm", os.path.expanduser("~"), ".", ".."
        left = [path for folder in places
                for path in glob.glob(f"{folder}/**/*attack*", recursive=True)]
        if left or "attack" in sys.modules:
            print("POISONED", left)
        time.sleep(1)
        """,
        before="inject-label",
    )


def students(cases: list[Case]) -> Class:
    """A folder's name for each case or group, neighbours in between, in the order of the names."""
    groups: dict[str, list[Case]] = {}
    for one in cases:
        groups.setdefault(one.group or one.name, []).append(one)
    every = max(1, len(groups) // NEIGHBOURS)
    named: Class = {}
    for number, (name, group) in enumerate(groups.items()):
        if number % every == 0:
            named[f"{number:03d} neighbour"] = [Case(f"neighbour_{number}", "honest", neighbour)]
        student = group[0].student or f"{number:03d} {group[0].kind} {name.replace('_', ' ')}"
        named[student] = group
    return named


@contextmanager
def set_up(folder: Path) -> Iterator[tuple[Scene, Class]]:
    """Build everything below ``folder``, and undo afterwards what reaches out of it."""
    root, home = folder / "class", folder / "home"
    for needed in (root / "submitted", home / ".ssh", home / ".config", folder / "tmp"):
        needed.mkdir(parents=True)
    for place in ("secret.txt", ".netrc", ".ssh/id_rsa", ".config/token", "notebook.txt"):
        (home / place).write_text(canary("home"))
    (folder / "beside.txt").write_text(canary("beside"))
    with ExitStack() as stack:
        port, abstract = _servers(stack, home / "socket")
        named = students(all_cases())
        first = next(iter(named))
        victim = root / "submitted" / first / named[first][0].notebook
        scene = Scene(
            root=root,
            home=home,
            secret=home / "secret.txt",
            victim=victim / f"{victim.name}.ipynb",
            port=port,
            abstract=abstract,
            pid=os.getpid(),
        )
        for student, group in named.items():
            hand_in(group, student, scene)
        stack.enter_context(_environment(home, folder / "tmp"))
        yield scene, named


@contextmanager
def _environment(home: Path, temporary: Path) -> Iterator[None]:
    """A home, a folder for temporary files and a secret in the environment of whoever marks."""
    before, folder = dict(os.environ), tempfile.tempdir
    os.environ.update(HOME=str(home), COURSE_SECRET=canary("environment"), TMPDIR=str(temporary))
    tempfile.tempdir = str(temporary)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        tempfile.tempdir = folder


class _Answer(http.server.BaseHTTPRequestHandler):
    secret = canary("network").encode()

    def do_GET(self) -> None:
        self.wfile.write(self.secret)

    def log_message(self, *_: object) -> None:
        pass


def _servers(stack: ExitStack, path: Path) -> tuple[int, str]:
    """A server on every address of this machine, and sockets with an abstract and a file's name."""
    server = http.server.ThreadingHTTPServer(("0.0.0.0", 0), _Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    stack.callback(server.server_close)
    stack.callback(server.shutdown)
    abstract = f"course-{secrets.token_hex(4)}"
    for name in ("\0" + abstract, str(path)):
        listening = stack.enter_context(socket.socket(socket.AF_UNIX))
        listening.bind(name)
        listening.listen()
        threading.Thread(target=_tell, args=(listening,), daemon=True).start()
    return server.server_port, abstract


def _tell(listening: socket.socket) -> None:
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        with connection:
            connection.sendall(_Answer.secret)


def state_of_the_machine() -> dict[str, str]:
    """What no submission may change: the course's files, Python's start, devices, host name."""
    found = {}
    for folder in WATCHED:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest = hashlib.sha256(path.read_bytes()).hexdigest()
                found[str(path)] = f"{digest} {stat.filemode(path.stat().st_mode)}"
    for path in ("/dev/null", "/dev/zero", "/dev/shm", "/tmp", "/etc/passwd", "/etc/hosts"):
        what = os.stat(path)
        found[path] = f"{stat.filemode(what.st_mode)} {what.st_uid} {what.st_rdev}"
    site = Path(psutil.__file__).parents[1]
    found[str(site)] = str(sorted(path.name for path in site.iterdir()))
    found["host"] = socket.gethostname()
    found["user"] = f"{os.getuid()} {os.getpriority(os.PRIO_PROCESS, 0)}"
    return found


def left_running() -> list[str]:
    """The command lines of what the cases started and wanted to stay."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        words = process.info["cmdline"] or []
        if any(word.startswith(LASTING) for word in words):
            found.append(" ".join(words)[:100])
    return found


def own_children() -> dict[int, str]:
    """The processes that this one has started, directly or not, and that run: their commands."""
    found = {p.pid: " ".join(p.cmdline()) for p in psutil.Process().children(recursive=True)}
    return {pid: command for pid, command in found.items() if "resource_tracker" not in command}


def canaries(folder: Path) -> dict[str, set[str]]:
    """Each file below ``folder`` that holds canaries, and which."""
    plain = re.compile(rb"CANARY-[a-z]+-[0-9a-f]{16}")
    start = base64.b64encode(b"CANARY-")[:9]
    found = {}
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            hits = {hit.decode() for hit in plain.findall(content)}
            hits |= {"in base 64"} if start in content else set()
            if hits:
                found[str(path.relative_to(folder))] = hits
    return found

"""Starts a forkserver when it is first needed, and asks it for kernels."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from typing import Any

from course_tools.kernels import jail
from course_tools.kernels.forkserver import LARGEST_REQUEST

# Two teams of threads on few cores wait for each other, and no thread may be there at a fork.
ONE_THREAD = {
    f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB")
}
ENVIRONMENT = {
    **ONE_THREAD,
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": jail.SCRATCH,
    "TMPDIR": jail.SCRATCH,
    "LANG": "C.UTF-8",
    "CUDA_VISIBLE_DEVICES": "",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "MPLCONFIGDIR": jail.SCRATCH,
    "PYTHONPATH": str(jail.ROOT),
    "PYTHONDONTWRITEBYTECODE": "1",
    "NBGRADER_EXECUTION": "autograde",
}
"""All that jailed code finds in its environment."""


class ForkServer:
    """A running forkserver, in the jail or not. Raises `jail.NoJail` if it cannot be locked in."""

    def __init__(self, jailed: bool) -> None:
        self._lock = threading.Lock()
        self._requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._requests.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * LARGEST_REQUEST)
        module = ["-m", "course_tools.kernels.forkserver", str(theirs.fileno())]
        program = [sys.executable, "-P", *module]
        environment = {**os.environ, **ONE_THREAD, "PYTHONPATH": str(jail.ROOT)}
        if jailed:
            program = jail.command(program, ENVIRONMENT)
        with theirs, tempfile.TemporaryFile() as said:
            self._process = subprocess.Popen(
                program,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=said,
                env=environment,
                start_new_session=True,  # Ctrl-C is for us to handle
            )
            theirs.close()
            ready = self._requests.recv(LARGEST_REQUEST)
            if not ready:
                self._process.wait()
                said.seek(0)
                text = said.read().decode(errors="replace")
                raise jail.NoJail(jail.reason(text)) if jailed else RuntimeError(text)
        if json.loads(ready)["threads"] != 1:
            self.close()
            raise RuntimeError("The forkserver has threads: they would not survive a fork.")

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def fork(self, request: dict[str, Any], descriptors: Sequence[int] = ()) -> tuple[int, int]:
        """A new kernel: its process number in the forkserver's eyes, and its descriptor (pidfd).

        Raises RuntimeError if the kernel could not be made.
        """
        with self._lock:
            socket.send_fds(self._requests, [json.dumps(request).encode()], descriptors)
            answer, received, *_ = socket.recv_fds(self._requests, LARGEST_REQUEST, 1)
        answer = json.loads(answer or b'{"error": "the forkserver has ended"}')
        if "error" in answer:
            raise RuntimeError(f"No kernel could be forked: {answer['error']}.")
        return answer["pid"], received[0]

    def close(self) -> None:
        """End it, and every kernel that it made in the jail."""
        self._requests.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=5)
        if self.alive:
            self._process.kill()
            self._process.wait()


_running: dict[bool, ForkServer] = {}
_starting = threading.Lock()


def forkserver(jailed: bool) -> ForkServer:
    """The forkserver of this process, started if need be. Raises `jail.NoJail`."""
    with _starting:
        if jailed not in _running or not _running[jailed].alive:
            _running[jailed] = ForkServer(jailed)
        return _running[jailed]

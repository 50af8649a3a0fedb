"""One kernel that runs a submission's cells, and what it may use up."""

import os
import queue
import shutil
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import nbformat
import psutil
import zmq
from jupyter_client import BlockingKernelClient, KernelManager
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from nbformat import NotebookNode

from course_tools.kernels.client import ENVIRONMENT

EVIDENCE = "application/vnd.course.evidence+json"
KEPT = ("text/plain", "image/png", "image/jpeg")
"""Of what a cell shows, this much: nothing that a browser would run."""

MIB = 1 << 20
TICK = 0.2  # seconds between two looks at a kernel
GRACE = 3.0  # seconds in which an interrupted cell has to end
LARGEST_MESSAGE = 32 * MIB
MOST_MESSAGES, MOST_BYTES = 50_000, 64 * MIB  # that one cell may send


@dataclass(frozen=True)
class Limits:
    """What a submission may use: seconds of wall time, bytes, and numbers."""

    cell_seconds: float = 60
    submission_seconds: float = 600
    memory: int = 2048 * MIB
    scratch: int = 256 * MIB
    file: int = 256 * MIB
    files: int = 512
    processes: int = 64
    output: int = 1 * MIB  # of one cell that is kept, and of this its text:
    text: int = MIB // 10
    outputs: int = 8 * MIB  # of all cells

    def of_jail(self) -> dict[str, int]:
        """Those that the jail applies. Processes are counted per user there, so they have room."""
        shared = {name: getattr(self, name) for name in ("memory", "scratch", "file", "files")}
        return {**shared, "processes": 40 * self.processes}


class KernelEnded(Exception):
    """The kernel is gone. ``kind`` is one of outcome.KINDS, the message a sentence."""

    def __init__(self, kind: str, sentence: str) -> None:
        super().__init__(sentence)
        self.kind = kind


@dataclass
class Ran:
    """What running a cell gave: outputs, pieces of evidence, and whether it was interrupted."""

    outputs: list[NotebookNode] = field(default_factory=list)
    evidence: list[Any] = field(default_factory=list)
    error: str = ""
    interrupted: bool = False


class _OneSpec(KernelSpecManager):
    """Knows this Python's kernel only, in a jail with these limits, or (None) without."""

    def __init__(self, limits: dict[str, int] | None) -> None:
        super().__init__()
        self._limits = limits

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        how = {"provisioner_name": "local-provisioner", "config": {}}
        if self._limits is not None:
            how = {"provisioner_name": "course-jailed", "config": {"limits": self._limits}}
        return KernelSpec(
            argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            display_name=kernel_name,
            language="python",
            metadata={"kernel_provisioner": how},
        )


class Session:
    """A kernel for one submission, jailed unless ``jail`` is False; use it in a `with` block."""

    def __init__(self, limits: Limits, jail: bool = True, stop: threading.Event | None = None):
        self.limits, self.jail = limits, jail
        self._stop = stop or threading.Event()
        self._context = zmq.Context()
        self._context.setsockopt(zmq.MAXMSGSIZE, LARGEST_MESSAGE)
        self._context.setsockopt(zmq.RCVHWM, 100)
        self._context.setsockopt(zmq.LINGER, 0)
        self._folder: str | None = None

    def __enter__(self) -> "Session":
        self._manager = KernelManager(
            kernel_spec_manager=_OneSpec(self.limits.of_jail() if self.jail else None),
            context=self._context,
        )
        try:
            self._start()
            self._wait_until_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start(self) -> None:
        if self.jail:
            self._manager.start_kernel(env={})
        else:
            self._folder = tempfile.mkdtemp(prefix="course-unjailed-")
            extra = ["--HistoryManager.hist_file=:memory:", "--IPKernelApp.log_level=CRITICAL"]
            keep = {name: ENVIRONMENT[name] for name in ("NBGRADER_EXECUTION", "OMP_NUM_THREADS")}
            environment = {**os.environ, **keep, "PYTHONPATH": ENVIRONMENT["PYTHONPATH"]}
            self._manager.start_kernel(
                env=environment, cwd=self._folder, extra_arguments=extra, independent=False
            )
        self._client: BlockingKernelClient = self._manager.blocking_client()
        self._client.start_channels(stdin=False, hb=False)

    def __exit__(self, *_: object) -> None:
        if hasattr(self, "_client"):
            self._client.stop_channels()
        if self._manager.has_kernel:
            self._manager.shutdown_kernel(now=True)
        self._manager.cleanup_resources()
        self._context.destroy(linger=0)
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self._manager.is_alive():
            self._client.kernel_info()
            reply = self._next(self._client.get_shell_msg, timeout=2)
            if reply and reply.get("msg_type") == "kernel_info_reply":  # to whichever request
                return
        raise RuntimeError("A kernel for marking did not start: is the machine overloaded?")

    def _next(self, get: Any, timeout: float = TICK) -> dict[str, Any] | None:
        """The next message, or None: nothing came, or nothing that is one."""
        try:
            return get(timeout=timeout)
        except queue.Empty:
            return None
        except Exception:  # what comes from the jail may be anything
            return None

    def _look(self) -> None:
        """Raise if the kernel has ended, uses too much, or is not wanted any more."""
        if self._stop.is_set():
            raise KeyboardInterrupt
        if not self._manager.is_alive():
            raise KernelEnded("died", "Its code ended Python.")
        if not self.jail:
            return
        try:
            kernel = psutil.Process(self._manager.provisioner.machine_pid)
            family = [kernel, *kernel.children(recursive=True)]
            if len(family) > self.limits.processes:
                raise KernelEnded("processes", f"It had {len(family)} processes.")
            used = sum(_unshared(process) for process in family)
            if used > self.limits.memory:  # exact, but slow: pages shared with the forkserver
                used = sum(process.memory_full_info().uss for process in family)
        except (psutil.Error, ValueError):
            return  # it is ending just now
        # One process gets a MemoryError at the limit, which costs less than the end of the kernel.
        if used > 1.25 * self.limits.memory:
            raise KernelEnded("memory", f"It used {used / MIB:,.0f} MiB of memory.")

    def run(self, code: str, seconds: float | None = None) -> Ran:
        """Run a cell. Raises `KernelEnded` if that ended the kernel, or was ended by a limit."""
        ran, received = Ran(), _Received(self.limits)
        request = self._client.execute(code, store_history=True, allow_stdin=False)
        deadline = time.monotonic() + (seconds or self.limits.cell_seconds)
        looked = replied = 0.0
        while True:
            now = time.monotonic()
            if now - looked > TICK:
                looked = now
                self._look()
                shell = self._next(self._client.get_shell_msg, timeout=0)
                if shell and shell["parent_header"].get("msg_id") == request:
                    replied = now
            if replied and now - replied > GRACE:
                return ran  # the message that it is idle was lost
            if now > deadline:
                if ran.interrupted:
                    raise KernelEnded("time", "It ran too long, and could not be interrupted.")
                ran.interrupted, deadline = True, now + GRACE
                self._manager.interrupt_kernel()
            message = self._next(self._client.get_iopub_msg)
            if message and received.is_last(message, request, ran):
                return ran


def _unshared(process: psutil.Process) -> int:
    """Bytes of memory that are in no file: at least as many as are this process's alone."""
    memory = process.memory_info()
    return memory.rss - memory.shared


class _Received:
    """The messages that one cell sends, kept while they are few and small."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._messages = self._bytes = self._kept = self._text = 0
        self._full = False

    def is_last(self, message: dict[str, Any], request: str, ran: Ran) -> bool:
        """Take a message in; whether it says that the cell has ended. Raises `KernelEnded`."""
        self._messages += 1
        self._bytes += len(str(message.get("content", "")))
        if self._messages > MOST_MESSAGES or self._bytes > MOST_BYTES:
            raise KernelEnded("output", "It wrote more than anybody can read.")
        content = message.get("content")
        if not isinstance(content, dict):
            return False
        kind, data = message.get("msg_type"), content.get("data")
        if isinstance(data, dict) and EVIDENCE in data:
            ran.evidence.append(data[EVIDENCE])  # whichever cell sent it
            return False
        if message.get("parent_header", {}).get("msg_id") != request:
            return False
        if kind == "status":
            return content.get("execution_state") == "idle"
        if kind in ("stream", "display_data", "execute_result", "error"):
            self._keep(message, ran)
        return False

    def _keep(self, message: dict[str, Any], ran: Ran) -> None:
        try:
            output = nbformat.v4.output_from_msg(message)
            if "data" in output:
                output.data = {mime: output.data[mime] for mime in KEPT if mime in output.data}
                output.metadata = {}
            nbformat.validate(output, ref=output.output_type, version=4)
        except Exception:  # it calls itself an output
            return
        if output.output_type == "error" and not ran.error:
            ran.error = f"{output.ename}: {output.evalue}"
        if self._full:
            return
        size = len(str(output))
        self._kept += size
        self._text += 0 if "data" in output and len(output.data) > 1 else size
        if self._kept > self._limits.output or self._text > self._limits.text:
            self._full = True
            note = "[The rest of the output was left out.]\n"
            ran.outputs.append(nbformat.v4.new_output("stream", name="stdout", text=note))
            return
        last = ran.outputs[-1] if ran.outputs else None
        if last and output.output_type == last.output_type == "stream" and output.name == last.name:
            last.text += output.text
        else:
            ran.outputs.append(output)

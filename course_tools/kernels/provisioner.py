"""Kernels of jupyter_client that are forked from a warm Python, and jailed if wanted.

``course-warm`` and ``course-jailed`` are entry points of the group
`jupyter_client.kernel_provisioners`. Set JUPYTER_DEFAULT_PROVISIONER_NAME=course-warm, and every
Python kernel starts warm.
"""

import asyncio
import contextlib
import os
import select
import shutil
import signal
import socket
import tempfile
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import LocalProvisioner
from traitlets import Dict

from course_tools.kernels import jail
from course_tools.kernels.client import ENVIRONMENT, forkserver

LAUNCHER = "ipykernel_launcher"
PORTS = ("shell_port", "iopub_port", "stdin_port", "hb_port", "control_port")


class WarmProvisioner(LocalProvisioner):
    """Starts a Python kernel as a fork; kernels of other languages as ever."""

    _descriptor: int | None = None  # of the kernel's process (pidfd), while there is one

    @property
    def has_process(self) -> bool:
        """Whether there is a kernel, running or not yet waited for."""
        return self._descriptor is not None or super().has_process

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork the kernel that ``cmd`` would have started."""
        if LAUNCHER not in cmd:
            return await super().launch_kernel(cmd, **kwargs)
        argv = cmd[cmd.index(LAUNCHER) + 1 :]
        request = {"jail": False, "argv": argv, "env": kwargs["env"], "cwd": kwargs.get("cwd")}
        await self._fork(False, request)
        return self.connection_info

    async def _fork(self, jailed: bool, request: dict[str, Any], listening: Any = ()) -> None:
        server = await asyncio.to_thread(forkserver, jailed)
        self.pid, self._descriptor = server.fork(request, listening)

    async def poll(self) -> int | None:
        """None while the kernel runs, else 1: how it ended is not known here."""
        if self._descriptor is None:
            return await super().poll()
        return 1 if select.select([self._descriptor], [], [], 0)[0] else None

    async def wait(self) -> int | None:
        """Wait until the kernel has ended."""
        if self._descriptor is None:
            return await super().wait()
        while await self.poll() is None:
            await asyncio.sleep(0.02)
        self._forget()
        return 1

    async def send_signal(self, signum: int) -> None:
        """Send a signal to the kernel."""
        if self._descriptor is None:
            return await super().send_signal(signum)
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._descriptor, signum)

    async def kill(self, restart: bool = False) -> None:
        """Kill the kernel and what it started."""
        if self._descriptor is None:
            return await super().kill(restart)
        self._kill_group()
        await self.send_signal(signal.SIGKILL)

    def _kill_group(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            if select.select([self._descriptor], [], [], 0)[0] == []:  # else: another's by now
                os.killpg(self.pid, signal.SIGKILL)

    async def terminate(self, restart: bool = False) -> None:
        """Ask the kernel to end."""
        if self._descriptor is None:
            return await super().terminate(restart)
        await self.send_signal(signal.SIGTERM)

    async def cleanup(self, restart: bool = False) -> None:
        """Forget the kernel."""
        self._forget()
        await super().cleanup(restart)

    def _forget(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


class JailedProvisioner(WarmProvisioner):
    """Starts a Python kernel that sees Python, course_utils and a scratch folder, nothing else.

    Its sockets are bound here and handed over, so that the jail needs no folder that both see.
    """

    limits = Dict(help="What `confine.confine` takes.").tag(config=True)

    _folder: Path | None = None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Choose socket files in a folder that nobody else can open."""
        self._folder = Path(tempfile.mkdtemp(prefix="course-kernel-", dir="/tmp"))
        manager = self.parent
        manager.transport, manager.ip = "ipc", str(self._folder / "socket")
        for port, name in enumerate(PORTS, start=1):
            setattr(manager, name, port)
        manager.connection_file = str(self._folder / "connection.json")
        return await super().pre_launch(**kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork a kernel in the jail; raises `jail.NoJail` if there can be none."""
        ports = [self.connection_info[name] for name in PORTS]
        listening = []
        try:
            for port in ports:
                bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                listening.append(bound)
                bound.bind(f"{self.connection_info['ip']}-{port}")
                bound.listen(16)
            key = self.connection_info["key"].decode()
            request = {
                "jail": True,
                "connection": {**self.connection_info, "ip": "/nowhere/socket", "key": key},
                "ports": ports,
                "limits": self.limits,
                "scratch": jail.SCRATCH,
                "folders": ["/tmp"] if jail.tmp_is_free() else [],
                "env": ENVIRONMENT,
            }
            await self._fork(True, request, [bound.fileno() for bound in listening])
        finally:
            for bound in listening:
                bound.close()
        return self.connection_info

    def _kill_group(self) -> None:
        """The kernel is process 1 of its jail: all others end with it."""

    @property
    def machine_pid(self) -> int:
        """The kernel's process number on this machine; -1 once it has ended."""
        info = Path(f"/proc/self/fdinfo/{self._descriptor}").read_text()
        return int(next(line for line in info.splitlines() if line.startswith("Pid:")).split()[1])

    async def cleanup(self, restart: bool = False) -> None:
        """Forget the kernel and remove its sockets."""
        await super().cleanup(restart)
        if self._folder and not restart:
            shutil.rmtree(self._folder, ignore_errors=True)

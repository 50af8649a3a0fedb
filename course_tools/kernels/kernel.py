"""A Jupyter kernel in a fork of the forkserver."""

import json
import os
import sys
from pathlib import Path

from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from ipykernel.zmqshell import ZMQInteractiveShell
from traitlets import Dict, Type, observe


class JailedShell(ZMQInteractiveShell):
    """A shell in which `quit()` does nothing: the next cell would be blamed for its end."""

    @observe("exit_now")
    def _update_exit_now(self, change):
        """Stay."""


class JailedKernel(IPythonKernel):
    """A kernel that is ended from outside only."""

    shell_class = Type(JailedShell)

    def do_shutdown(self, restart):
        """Stay."""
        return {"status": "ok", "restart": restart}


class JailedKernelApp(IPKernelApp):
    """A kernel on sockets that were bound outside of its jail, where it sees no socket files."""

    kernel_class = Type(JailedKernel)
    listening = Dict(help="The descriptor of each port's listening socket.")

    def _try_bind_socket(self, s, port):
        s.use_fd = self.listening[port]
        return super()._try_bind_socket(s, port)

    def init_heartbeat(self):
        """No heartbeat: outside sees whether the process lives."""


def run(argv: list[str]) -> None:
    """Run a kernel until it is shut down, as ``python -m ipykernel_launcher ARGV`` does."""
    IPKernelApp.launch_instance(argv)


def run_jailed(connection: dict[str, object], listening: dict[int, int], folder: Path) -> None:
    """Run a kernel for this connection, with ``folder`` as its home and working folder."""
    file = folder / "connection.json"
    file.write_text(json.dumps(connection))
    work = folder / "work"
    work.mkdir()
    os.chdir(work)
    sys.path.insert(0, "")  # as in every notebook: files beside it can be imported
    JailedKernelApp.listening.default_value = listening
    JailedKernelApp.launch_instance(
        [
            f"--IPKernelApp.connection_file={file}",
            "--HistoryManager.hist_file=:memory:",
            "--IPKernelApp.log_level=CRITICAL",
        ]
    )

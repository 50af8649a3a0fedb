"""A server of JupyterLab for tests: its process, and requests to it."""

import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from jupyter_client import BlockingKernelClient

from course_tools.gradebook import ROOT

PROGRAMS = str(Path(sys.executable).parent)  # alembic, which nbgrader calls, among them
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(ROOT),
    "PATH": os.pathsep.join([PROGRAMS, os.environ["PATH"]]),
    "JUPYTER_PREFER_ENV_PATH": "1",
}


class LabServer:
    """JupyterLab in the folder ``root``, with settings and files of its own under ``runtime``."""

    def __init__(self, root: Path, runtime: Path, *options: str, **variables: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url, self.runtime = f"http://127.0.0.1:{port}", runtime
        self.token = secrets.token_hex()
        given = [f"--port={port}", "--ServerApp.port_retries=0", "--no-browser", "--allow-root"]
        given += [f"--IdentityProvider.token={self.token}", *options]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *given],
            cwd=root,
            env={
                **ENVIRONMENT,
                "JUPYTER_CONFIG_DIR": str(runtime / "config"),
                "JUPYTER_RUNTIME_DIR": str(runtime),
                "JUPYTERLAB_SETTINGS_DIR": str(runtime / "settings"),
                "JUPYTERLAB_WORKSPACES_DIR": str(runtime / "workspaces"),
                **variables,
            },
            stderr=subprocess.DEVNULL,
        )
        while not self.answers():
            assert self.process.poll() is None
            time.sleep(0.1)

    def close(self) -> None:
        """End the server and its kernels."""
        self.process.terminate()
        self.process.wait()

    def answers(self) -> bool:
        try:
            return "started" in self.ask("api/status")
        except urllib.error.URLError:
            return False

    def ask(self, path, method="GET", content=None):
        data = None if content is None else json.dumps(content).encode()
        headers = {"Authorization": f"token {self.token}"}
        request = urllib.request.Request(f"{self.url}/{path}", data, headers, method=method)
        with urllib.request.urlopen(request) as reply:
            return json.load(reply)

    def run(self, code: str) -> str:
        """What code prints in a new kernel of this server."""
        kernel = self.ask("api/kernels", "POST", {"name": "python3"})["id"]
        client = BlockingKernelClient()
        client.load_connection_file(str(self.runtime / f"kernel-{kernel}.json"))
        client.start_channels()
        said = []
        try:
            client.wait_for_ready()
            client.execute_interactive(
                code, output_hook=lambda message: said.append(message["content"].get("text", ""))
            )
        finally:
            client.stop_channels()
        return "".join(said)

"""A Python with the heavy imports done, which forks a kernel for each request.

    python -m course_tools.kernels.forkserver DESCRIPTOR

Requests come over the socket with this descriptor, as JSON; the answer is `{"pid": ...}` with a
descriptor of the new process (pidfd), or `{"error": ...}`. Everything ends when the other end of
the socket is closed. Nothing here starts a thread or touches CUDA: neither survives a fork.
"""

import contextlib
import gc
import importlib
import json
import os
import random
import select
import socket
import sys
import traceback
from pathlib import Path
from typing import Any

IMPORTS = (
    "numpy",
    "torch",
    "torch.nn.utils.parametrizations",
    "torchvision.transforms",
    "torchmetrics",
    "matplotlib.pyplot",
    "matplotlib.animation",
    "scipy.linalg",
    "scipy.spatial",
    "sklearn.decomposition",
    "sklearn.discriminant_analysis",
    "sklearn.linear_model",
    "sklearn.metrics",
    "sklearn.neighbors",
    "sklearn.pipeline",
    "skimage.morphology",
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "ipywidgets",
    "tqdm.auto",
    "course_utils",
    "course_utils.explorer",
    "course_utils.manifolds",
    "course_utils.plots",
    "course_utils.quality",
    "course_utils.suspects",
    "course_utils.tables",
    "course_utils.trained",
    "course_tools.kernels.confine",
    "course_tools.kernels.kernel",
    "course_tools.kernels.syscalls",
)
LARGEST_REQUEST = 1 << 20
MOST_DESCRIPTORS = 8


def preload() -> None:
    """Import what kernels need, the exercises among it; a module that is not there is left out."""
    from course_utils.exercises import EXERCISES, find

    for name in IMPORTS:
        try:
            importlib.import_module(name)
        except ImportError:
            continue
    for slug in EXERCISES:
        find(slug)
    gc.collect()
    gc.freeze()  # what is there now is shared by all forks: the collector leaves it alone


def serve(requests: socket.socket) -> None:
    """Answer requests until the other end is closed."""
    requests.send(json.dumps({"threads": len(os.listdir("/proc/self/task"))}).encode())
    while True:
        while not select.select([requests], [], [], 0.5)[0]:
            _bury()
        message, descriptors, *_ = socket.recv_fds(requests, LARGEST_REQUEST, MOST_DESCRIPTORS)
        if not message:
            return
        child = os.fork()
        if not child:
            _answer(requests, json.loads(message), list(descriptors))
        os.waitpid(child, 0)
        for descriptor in descriptors:
            os.close(descriptor)


def _bury() -> None:
    """Take note of kernels that have ended: in the jail this is their first process."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _answer(requests: socket.socket, request: dict[str, Any], descriptors: list[int]) -> None:
    """Fork the kernel's process, say what became of it, and end."""
    try:
        if request["jail"]:
            from course_tools.kernels import confine

            confine.leave()
        ready, say = os.pipe()
        kernel = os.fork()
        if not kernel:
            os.close(ready)
            _become_kernel(request, descriptors, say)
        os.close(say)
        with open(ready) as words:
            error = words.read()
        if error:
            requests.send(json.dumps({"error": error}).encode())
        else:
            answer = json.dumps({"pid": kernel}).encode()
            socket.send_fds(requests, [answer], [os.pidfd_open(kernel)])
    except BaseException as error:
        requests.send(json.dumps({"error": str(error)}).encode())
    finally:
        os._exit(0)  # the jail's or the machine's first process takes the kernel over


def _become_kernel(request: dict[str, Any], descriptors: list[int], say: int) -> None:
    """In the new process: give everything up, then run the kernel."""
    status = 1
    try:
        _keep_open(descriptors, say)
        os.setsid()
        if request["jail"]:
            from course_tools.kernels import confine

            confine.confine(request["limits"], request["scratch"], request["folders"])
        _new_environment(request)
        os.close(say)
        say = -1
        from course_tools.kernels import kernel

        if request["jail"]:
            listening = dict(zip(request["ports"], descriptors, strict=True))
            kernel.run_jailed(request["connection"], listening, Path(request["scratch"]))
        else:
            kernel.run(request["argv"])
        status = 0
    except SystemExit:
        status = 0
    except BaseException as error:
        if say >= 0:
            os.write(say, f"{type(error).__name__}: {error}".encode())
        else:
            traceback.print_exc()
    finally:
        os._exit(status)


def _keep_open(descriptors: list[int], say: int) -> None:
    """Close every other file, so that no fork can reach the forkserver or another fork."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(nothing, standard)
    first = 3
    for kept in sorted([*descriptors, say]):
        os.closerange(first, kept)
        first = kept + 1
    os.closerange(first, os.sysconf("SC_OPEN_MAX"))


def _new_environment(request: dict[str, Any]) -> None:
    os.environ.clear()
    os.environ.update(request["env"])
    if request.get("cwd"):
        os.chdir(request["cwd"])
    import numpy as np
    import torch

    random.seed()  # forks begin with the forkserver's random numbers
    np.random.seed()
    torch.seed()
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", 1)))


def main() -> None:
    """Import everything, then serve."""
    requests = socket.socket(fileno=int(sys.argv[1]))
    preload()
    serve(requests)
    os._exit(0)


if __name__ == "__main__":
    main()

"""Evidence: what a learner's code did, written down by a probe and read by a judge.

Evidence is a flat dict of tensors, numbers and short strings, so that it can leave the process
that ran the learner's code as plain bytes. It is never pickled.
"""

import io
import json
import linecache
import traceback
import warnings
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from typing import Any

import safetensors.torch
import torch
from torch import nn

from course_utils.pretend_gpu import pretend_gpu

Evidence = dict[str, torch.Tensor | float | int | bool | str]

LONGEST_TEXT = 300
LARGEST_TENSOR = 1_000_000  # elements
VALUES = "__values__"  # the tensor that carries everything that is not a tensor, as JSON


def pack(evidence: Evidence) -> bytes:
    """Write evidence as one safetensors file; numbers and strings travel in it as JSON."""
    tensors = {k: v.contiguous() for k, v in evidence.items() if isinstance(v, torch.Tensor)}
    values = {k: v for k, v in evidence.items() if not isinstance(v, torch.Tensor)}
    text = json.dumps(values).encode()
    return safetensors.torch.save(
        {**tensors, VALUES: torch.frombuffer(bytearray(text), dtype=torch.uint8)}
    )


def unpack(data: bytes) -> Evidence:
    """The inverse of `pack`. Raises ValueError for bytes that `pack` did not write."""
    try:
        tensors = safetensors.torch.load(data)
        values = json.loads(bytes(tensors.pop(VALUES).tolist()))
    except (safetensors.SafetensorError, KeyError, ValueError, TypeError) as error:
        raise ValueError(f"This is not evidence: {error}.") from error
    return {**values, **tensors}


class Recorder:
    """Runs a learner's code and writes down what came back.

    ``run(name, function, *args)`` leaves in ``run.evidence``:

    - ``name``: the result, if it is a tensor, a number or a string
      (parts of a tuple go under ``name.0``, ``name.1``, ...),
    - ``name.type``, and for tensors ``name.device`` and ``name.requires_grad``,
    - ``name.error`` in place of all these if the code raised,
    - ``printed`` if any call printed, ``changed`` if any call changed a tensor handed to it.
    """

    def __init__(self, seed: int) -> None:
        torch.manual_seed(seed)
        self.evidence: Evidence = {}

    def __call__(self, name: str, function: Callable, *args: Any) -> Any:
        """Call ``function(*args)``, record the outcome, return the result (None if it raised)."""
        # The code gets copies, so that one that writes into its inputs spoils no later call.
        copies = [arg.clone() if isinstance(arg, torch.Tensor) else arg for arg in args]
        printed = io.StringIO()
        try:
            with (
                redirect_stdout(printed),
                redirect_stderr(io.StringIO()),
                warnings.catch_warnings(),
            ):
                warnings.simplefilter("ignore")
                result = function(*copies)
                self._record(name, result)
        except (Exception, SystemExit) as error:
            self.evidence[f"{name}.error"] = describe(error)
            return None
        if printed.getvalue().strip():
            self.evidence["printed"] = printed.getvalue().strip()[:LONGEST_TEXT]
        for arg, copy in zip(args, copies, strict=True):
            if isinstance(arg, torch.Tensor) and not torch.equal(arg, copy):
                self.evidence["changed"] = name
        return result

    def on_devices(self, name: str, function: Callable[[Callable], Any]) -> None:
        """Run ``function(to)`` on a pretend GPU, then on the CPU while that GPU is in sight.

        ``to`` moves a module, or a copy of a tensor. The second run finds code that takes a GPU
        because there is one, wherever its inputs are.
        """
        with pretend_gpu() as gpu:
            for place, device in (("gpu", gpu), ("cpu", torch.device("cpu"))):
                self(f"{name} {place}", function, partial(_move, device))

    def _record(self, name: str, value: Any) -> None:
        self.evidence[f"{name}.type"] = type(value).__name__
        if isinstance(value, torch.Tensor):
            if value.numel() > LARGEST_TENSOR:
                raise ValueError(f"the result has {value.numel():,} elements: that is far too many")
            self.evidence[name] = value.detach().cpu().clone()
            self.evidence[f"{name}.device"] = value.device.type
            self.evidence[f"{name}.requires_grad"] = value.requires_grad
        elif isinstance(value, bool | int | float):
            self.evidence[name] = value
        elif isinstance(value, str):
            self.evidence[name] = value[:LONGEST_TEXT]
        elif isinstance(value, tuple | list):
            for index, part in enumerate(value):
                self._record(f"{name}.{index}", part)


def _move(device: torch.device, thing: torch.Tensor | nn.Module) -> torch.Tensor | nn.Module:
    return (thing.clone() if isinstance(thing, torch.Tensor) else thing).to(device)


def describe(error: BaseException) -> str:
    """The error in one line, with the line of the learner's notebook cell that raised it."""
    text = f"{type(error).__name__}: {error}".strip().rstrip(".:").splitlines()[0]
    frames = traceback.extract_tb(error.__traceback__)
    for frame in reversed(frames):
        if "ipykernel_" in frame.filename or "<ipython" in frame.filename:
            line = linecache.getline(frame.filename, frame.lineno).strip()
            return f"{text[: LONGEST_TEXT - 80]} (line {frame.lineno}: {line[:60]})"
    return text[:LONGEST_TEXT]

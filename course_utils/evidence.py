"""Evidence: what a learner's code did, written down by a probe and read by a judge.

Evidence is a flat dict of tensors, numbers and short strings, so that it can leave the process
that ran the learner's code as plain bytes. It is never pickled.
"""

import io
import json
import linecache
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any

import safetensors.torch
import torch
from torch import nn

from course_utils.pretend_gpu import pretend_gpu

Evidence = dict[str, torch.Tensor | float | int | bool | str]

LONGEST_TEXT = 300
LARGEST_TENSOR = 1_000_000  # elements
DTYPES = {torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64}
DTYPES |= {torch.float16, torch.bfloat16, torch.float32, torch.float64}
VALUES = "__values__"  # the tensor that carries everything that is not a tensor, as JSON


def pack(evidence: Evidence) -> bytes:
    """Write evidence as one safetensors file; numbers and strings travel in it as JSON."""
    tensors = {
        k: v.contiguous().clone() for k, v in evidence.items() if isinstance(v, torch.Tensor)
    }
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
        with _quiet() as printed:
            try:
                result = function(*copies)
                self._record(name, result)
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # SystemExit is not an Exception
                self.evidence[f"{name}.error"] = describe(error)
                result = None
        if printed:
            self.evidence["printed"] = printed[0][:LONGEST_TEXT]
        for arg, copy in zip(args, copies, strict=True):
            if isinstance(arg, torch.Tensor) and not _same(arg, copy):
                self.evidence["changed"] = name
        return result

    def on_devices(self, name: str, function: Callable[[Callable], Any]) -> None:
        """Run ``function(to)`` on a pretend GPU, then on the CPU while that GPU is in sight.

        ``to`` moves a module, or a copy of a tensor. The second run finds code that takes a GPU
        because there is one, wherever its inputs are. A module has to be made in ``function``: one
        that puts itself onto the GPU stays there in the second run, and collides with its inputs.
        """
        with pretend_gpu() as gpu:
            self(f"{name} gpu", function, lambda thing: _copy(thing).to(gpu))
            self(f"{name} cpu", function, _copy)

    def _record(self, name: str, value: Any) -> None:
        self.evidence[f"{name}.type"] = type(value).__name__
        if isinstance(value, torch.Tensor):
            if type(value) is not torch.Tensor:  # a subclass may say of itself what it likes
                with torch._C.DisableTorchFunctionSubclass():
                    value = value.as_subclass(torch.Tensor)
            if value.is_nested:
                raise TypeError("the result is a nested tensor")
            if value.numel() > LARGEST_TENSOR:
                raise ValueError(f"the result has {value.numel():,} elements: that is far too many")
            dense = value.detach().to_dense() if value.layout != torch.strided else value.detach()
            if dense.dtype not in DTYPES:
                raise TypeError(f"the result has the dtype {dense.dtype}")
            self.evidence[name] = dense.cpu().clone()
            self.evidence[f"{name}.device"] = value.device.type
            self.evidence[f"{name}.requires_grad"] = value.requires_grad
        elif isinstance(value, float) or (isinstance(value, int) and abs(value) < 2**63):
            self.evidence[name] = value
        elif isinstance(value, str):
            self.evidence[name] = value[:LONGEST_TEXT]
        elif isinstance(value, tuple | list):
            for index, part in enumerate(value):
                self._record(f"{name}.{index}", part)


class _OwnThread(io.StringIO):
    """Keeps what the thread that made it writes; what others print meanwhile is not the code's."""

    def __init__(self) -> None:
        super().__init__()
        self._thread = threading.get_ident()

    def write(self, text: str) -> int:
        return super().write(text) if threading.get_ident() == self._thread else len(text)


@contextmanager
def _quiet() -> Iterator[list[str]]:
    """Catch warnings and what is printed; yields a list that holds the text afterwards."""
    printed: list[str] = []
    stream = _OwnThread()
    with warnings.catch_warnings(), redirect_stdout(stream), redirect_stderr(stream):
        warnings.simplefilter("ignore")
        yield printed
    if stream.closed or stream.getvalue():
        printed.append("" if stream.closed else stream.getvalue())


def _same(before: torch.Tensor, after: torch.Tensor) -> bool:
    return before.requires_grad == after.requires_grad and torch.equal(before, after)


def _copy(thing: torch.Tensor | nn.Module) -> torch.Tensor | nn.Module:
    return thing.clone() if isinstance(thing, torch.Tensor) else thing


def describe(error: BaseException) -> str:
    """The error in one line, with the line of the learner's notebook cell that raised it."""
    try:
        text = f"{type(error).__name__}: {error}".strip().rstrip(".:").splitlines()[0]
    except Exception:  # an error whose own text fails
        text = type(error).__name__
    frames = traceback.extract_tb(error.__traceback__)
    for frame in reversed(frames):
        if "ipykernel_" in frame.filename or "<ipython" in frame.filename:
            line = linecache.getline(frame.filename, frame.lineno).strip()
            return f"{text[: LONGEST_TEXT - 80]} (line {frame.lineno}: {line[:60]})"
    return text[:LONGEST_TEXT]

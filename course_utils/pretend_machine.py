"""A machine that says it has one GPU, or none: what torch answers besides tensors' own devices."""

import contextlib
from collections.abc import Iterator
from types import SimpleNamespace
from unittest import mock

import torch

CPU, GPU = torch.device("cpu"), torch.device("cuda", 0)


def named_device(device: torch.device | str | int) -> torch.device:
    """`CPU` or `GPU`, whichever a `device` argument asks for.

    Raises RuntimeError, as CUDA does, for a GPU that the machine has not, and for other devices.
    """
    device = torch.device("cuda", device) if isinstance(device, int) else torch.device(device)
    if device.type == "cpu":
        return CPU
    if device.type != "cuda":
        raise RuntimeError(f"pretend_gpu() knows the devices cpu and cuda, not {device}.")
    if device.index not in (None, 0):
        raise RuntimeError("CUDA error: invalid device ordinal")
    return GPU


@contextlib.contextmanager
def machine_without_gpu() -> Iterator[None]:
    """Inside the block torch says that there is no GPU, also where there is one.

    Code that takes a GPU if there is one stays on the CPU, so that a check says the same on every
    machine, and a label out of range, which stops a real GPU for good, does no harm.
    """
    with (
        mock.patch.multiple(torch.cuda, is_available=_no, device_count=_none),
        mock.patch.multiple(torch.accelerator, is_available=_no, device_count=_none),
    ):
        yield


@contextlib.contextmanager
def machine_with_one_gpu() -> Iterator[None]:
    """Patch, inside the block, what torch answers about the machine. Nothing touches a real GPU.

    Raises RuntimeError if such a block is already open.
    """
    if torch.cuda.is_available is _yes:
        raise RuntimeError("pretend_gpu() is already on: leave its block before you open another.")
    no_stream = SimpleNamespace(is_capturing=lambda: False)  # optimizers ask about CUDA graphs
    with (
        mock.patch.object(torch, "Generator", _Generator),
        mock.patch.object(torch.backends.cudnn, "is_acceptable", lambda tensor: False),
        mock.patch.multiple(
            torch.cuda,
            is_available=_yes,
            device_count=lambda: 1,
            current_device=lambda: 0,
            get_device_name=lambda device=None: "pretended GPU",
            synchronize=lambda device=None: None,
            is_current_stream_capturing=no_stream.is_capturing,
            # fork_rng saves and restores the state of every device.
            get_rng_state=lambda device="cuda": torch.get_rng_state(),
            set_rng_state=lambda state, device="cuda": None,
        ),
        mock.patch.multiple(
            torch.accelerator,
            is_available=_yes,
            device_count=lambda: 1,
            current_device_index=lambda: 0,
            synchronize=lambda device=None: None,
            current_accelerator=lambda check_available=False: torch.device("cuda"),
            current_stream=lambda device=None: no_stream,
        ),
    ):
        yield


def _yes() -> bool:
    return True


def _no() -> bool:
    return False


def _none() -> int:
    return 0


class _AnyGenerator(type(torch.Generator)):
    """Counts generators made outside the block as instances too."""

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, torch._C.Generator)


class _Generator(torch.Generator, metaclass=_AnyGenerator):
    """A CPU generator that claims the device it was made for."""

    def __new__(cls, device="cpu"):
        return super().__new__(cls)

    def __init__(self, device="cpu") -> None:
        self._device = named_device(device)

    @property
    def device(self) -> torch.device:
        return self._device

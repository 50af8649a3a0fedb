"""Would this code run on a GPU? Answered on a machine that has none.

    with pretend_gpu() as gpu:
        model = Model().to(gpu)
        out = model(x.to(gpu))
        assert out.device == gpu

Every tensor stays a real CPU tensor with real numbers. Only its device is pretended: each storage
that should be on the GPU carries a mark, and views share it because they share the storage. Two
modes keep these books. `Placement` sees torch's Python functions: it sends every request for a
device to the CPU, notes what was asked for, and answers questions such as `x.device`.
`_MixingRules` sees every aten operation below autograd, in forward, backward and optimizer alike:
it refuses the operands that CUDA would refuse, and marks the results.

Not pretended: CUDA streams, events and memory figures, `pin_memory`, `torch.load` onto the GPU,
packed sequences, checkpointing, torch.compile, CUDA's own random numbers and rounding.
"""

import contextlib
from collections.abc import Iterator
from unittest import mock

import torch
from torch.utils import _device
from torch.utils._python_dispatch import TorchDispatchMode

from course_utils.pretend_devices import Ledger, Placement, tensors_in
from course_utils.pretend_machine import CPU, GPU, machine_with_one_gpu

_aten = torch.ops.aten
_INDEX_READS = {_aten.index, _aten._unsafe_index}
_INDEX_WRITES = {_aten.index_put, _aten.index_put_, _aten._index_put_impl_, _aten._unsafe_index_put}
# These copy values from whichever device they are on.
_CROSSING = {_aten.copy_, _aten._foreach_copy_, _aten.fill_}
# A CPU operand without dimensions counts as a number, except here.
_NO_CPU_NUMBERS = {_aten.cat, _aten.stack, _aten.embedding, _aten.index_select}

_WRONG_INDICES = "indices should be either on cpu or on the same device as the indexed tensor (cpu)"
_MIXED = (
    "Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu!"
)


@contextlib.contextmanager
def pretend_gpu() -> Iterator[torch.device]:
    """Let PyTorch code inside the block run as if there were one GPU; yields its device, `cuda:0`.

    `.to`, `device=`, default devices, `.device` and `torch.cuda.is_available()` behave as with a
    GPU, and mixing devices raises what CUDA raises. Tensors that come from outside must be on the
    CPU, also on a machine with a real GPU: the block never uses it. After the block, also when it
    raised, all are plain CPU tensors. Small models take two to five times longer.

    Raises RuntimeError if a block is already open.
    """
    ledger = Ledger()
    placement = Placement(ledger)
    default_device = _device.CURRENT_DEVICE
    # A backward pass calls user code: hooks and custom backwards.
    run_backward = placement.on_again_in(torch.autograd._engine_run_backward)
    backward = mock.patch.object(torch.autograd, "_engine_run_backward", run_backward)
    with machine_with_one_gpu(), backward, _MixingRules(ledger):
        try:
            with placement:
                yield GPU
        finally:
            if default_device != _device.CURRENT_DEVICE:  # torch.set_default_device in the block
                torch.set_default_device(default_device)


class _MixingRules(TorchDispatchMode):
    """Refuses the operands that CUDA refuses, and marks results."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__()
        self.ledger = ledger

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        with torch._C.DisableTorchFunction():
            if func.overloadpacket in _CROSSING:
                return func(*args, **kwargs)
            device = self._device_of_result(func, args, kwargs)
            result = func(*args, **kwargs)
            if device == GPU:
                self.ledger.mark(result, GPU)
            return result

    def _device_of_result(self, func, args, kwargs) -> torch.device:
        op, device_of = func.overloadpacket, self.ledger.device_of
        operands = list(tensors_in((*args, *kwargs.values())))
        if not operands or op is _aten.lift_fresh:  # lift_fresh: the end of torch.tensor(...)
            return self.ledger.home
        if op in _INDEX_READS:
            if device_of(args[0]) == CPU and self.ledger.common_device(args[1]) == GPU:
                raise RuntimeError(_WRONG_INDICES)
            return device_of(args[0])
        if op in _INDEX_WRITES:  # CUDA moves the indices, and a value without dimensions
            operands = [t for t in (args[0], args[2]) if t is args[0] or t.dim()]
        if self.ledger.common_device(operands) == CPU:
            return CPU
        strangers = [t for t in operands if device_of(t) == CPU]
        if strangers:
            written = [id(t) for t in tensors_in(_written(func, args, kwargs))]
            if any(t.dim() or id(t) in written or op in _NO_CPU_NUMBERS for t in strangers):
                raise RuntimeError(f"{_MIXED} (when checking arguments of {func.name()})")
        return GPU


def _written(func, args, kwargs) -> Iterator:
    """The arguments that an aten operation writes into."""
    for position, argument in enumerate(func._schema.arguments):
        if argument.is_write:
            yield args[position] if position < len(args) else kwargs.get(argument.name)

"""Which tensors pretend to be on the GPU, and what Python code sees of it: see pretend_gpu.py."""

import contextlib
from collections.abc import Callable, Iterable, Iterator

import torch
from torch.nn.parameter import is_lazy
from torch.overrides import TorchFunctionMode
from torch.utils import _device

from course_utils.pretend_machine import CPU, GPU, named_device


class Ledger:
    """Which storages count as on the GPU, and where a tensor made from no other belongs."""

    def __init__(self) -> None:
        self.home = CPU

    def device_of(self, tensor: torch.Tensor) -> torch.device:
        """Where `tensor` pretends to be."""
        storage = _storage(tensor)
        marked = getattr(storage, "pretend_gpu", None) == (self, storage._cdata)
        return GPU if marked else tensor.device

    def common_device(self, values: Iterable) -> torch.device:
        """The GPU if any tensor among `values` is there."""
        return GPU if any(self.device_of(t) == GPU for t in tensors_in(values)) else CPU

    def mark(self, values: object, device: torch.device) -> None:
        """Put all tensors in `values` on `device`. A mark lies on the storage and dies with it.

        It holds the storage's address: copied to another storage it says nothing.
        """
        for tensor in tensors_in([values]):
            storage = _storage(tensor)
            storage.pretend_gpu = (self, storage._cdata) if device == GPU else None

    def moved(self, tensor: torch.Tensor, device: torch.device) -> torch.Tensor:
        """`tensor` itself if it is on `device`, else a copy there that passes gradients back."""
        if self.device_of(tensor) == device:
            return tensor
        with torch._C.DisableTorchFunctionSubclass():  # lazy parameters refuse clone()
            copy = _Move.apply(tensor, self, device)
            return copy.as_subclass(type(tensor)) if is_lazy(tensor) else copy

    @contextlib.contextmanager
    def at(self, home: torch.device) -> Iterator[None]:
        """Inside the block, tensors made from no other belong on `home`."""
        outer, self.home = self.home, home
        try:
            yield
        finally:
            self.home = outer


class _Move(torch.autograd.Function):
    """A copy to the other device. Its gradient is copied back."""

    @staticmethod
    def forward(ctx, tensor, ledger, device):
        ctx.ledger, ctx.source = ledger, ledger.device_of(tensor)
        copy = tensor.clone()
        ledger.mark(copy, device)
        return copy

    @staticmethod
    def backward(ctx, grad):
        return ctx.ledger.moved(grad, ctx.source), None, None


class Placement(TorchFunctionMode):
    """Asks the CPU for what was asked of the GPU, and answers what the GPU would."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__()
        self.ledger = ledger

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if func in _ANSWERS:
            return _ANSWERS[func](self.ledger, func, *args, **kwargs)
        makes_new = func in _device._device_constructors()
        asked = kwargs.get("device")
        if asked is None and makes_new:
            asked = _device.CURRENT_DEVICE
        if asked is not None:
            home, kwargs = named_device(asked), {**kwargs, "device": CPU}
        elif func is torch.tensor:  # takes after a tensor, but not after a list of them
            home = self.ledger.common_device(a for a in args[:1] if isinstance(a, torch.Tensor))
        elif makes_new:
            home = CPU
        else:  # the helper tensors that torch makes inside belong beside the arguments
            home = self.ledger.common_device((*args, *kwargs.values()))
        _check_generators((*args, *kwargs.values()), home)
        with self.ledger.at(home):
            result = func(*args, **kwargs)
        if asked is not None:
            self.ledger.mark(result, home)
        return result

    def on_again_in(self, function: Callable) -> Callable:
        """`function` with this mode on, which is off inside the torch function that it saw."""

        def wrapped(*args, **kwargs):
            with self:
                return function(*args, **kwargs)

        return wrapped


def _check_generators(values: Iterable, home: torch.device) -> None:
    for found in (v.device.type for v in values if isinstance(v, torch._C.Generator)):
        if found != home.type:
            raise RuntimeError(
                f"Expected a '{home.type}' device type for generator but found '{found}'"
            )


def tensors_in(values: Iterable) -> Iterator[torch.Tensor]:
    """The tensors among `values`, also those inside lists and tuples."""
    for value in values:
        if isinstance(value, torch.Tensor):
            yield value
        elif isinstance(value, list | tuple):
            yield from tensors_in(value)


def _storage(tensor: torch.Tensor) -> torch.UntypedStorage:
    while torch._C._functorch.is_functorch_wrapped_tensor(tensor):  # inside vmap or grad
        tensor = torch._C._functorch.get_unwrapped(tensor)
    with torch._C.DisableTorchFunctionSubclass():  # lazy parameters refuse untyped_storage()
        return (tensor._values() if tensor.is_sparse else tensor).untyped_storage()


def _to(ledger, func, x, *args, **kwargs):
    asked = args[0] if args else kwargs.get("device", kwargs.get("other"))
    if asked is None or isinstance(asked, torch.dtype):
        return func(x, *args, **kwargs)
    if isinstance(asked, torch.Tensor):
        return ledger.moved(func(x, *args, **kwargs), ledger.device_of(asked))
    if args:
        args = (CPU, *args[1:])
    else:
        kwargs = {**kwargs, "device": CPU}
    return ledger.moved(func(x, *args, **kwargs), named_device(asked))


def _cuda(ledger, func, x, device=None, non_blocking=False, memory_format=None):
    return ledger.moved(x, GPU if device is None else named_device(device))


def _get_device(ledger, func, x):
    return 0 if ledger.device_of(x) == GPU else -1


def _as_tensor(ledger, func, data, dtype=None, device=None, **kwargs):
    asked = device if device is not None else _device.CURRENT_DEVICE
    current = ledger.device_of(data) if isinstance(data, torch.Tensor) else CPU
    with ledger.at(current):
        result = func(data, dtype=dtype, device=CPU, **kwargs)
    return ledger.moved(result, current if asked is None else named_device(asked))


def _type(ledger, func, x, dtype=None, *args, **kwargs):
    if dtype is None:
        name = func(x)
        return name.replace("torch.", "torch.cuda.") if ledger.device_of(x) == GPU else name
    if isinstance(dtype, torch.dtype):
        return func(x, dtype)
    name = dtype if isinstance(dtype, str) else torch.typename(dtype)
    return ledger.moved(func(x, name.replace(".cuda", "")), GPU if ".cuda" in name else CPU)


def _numpy(ledger, func, x, *args, **kwargs):
    if ledger.device_of(x) == GPU and not kwargs.get("force"):
        raise TypeError(
            "can't convert cuda:0 device type tensor to numpy. "
            "Use Tensor.cpu() to copy the tensor to host memory first."
        )
    return func(x, *args, **kwargs)


def _setitem(ledger, func, x, index, value):
    # Assignment takes index tensors from either device. To torch they all look alike here, so it
    # may choose an operation that does not.
    home = ledger.device_of(x)
    parts = index if isinstance(index, tuple) else (index,)
    parts = tuple(ledger.moved(p, home) if isinstance(p, torch.Tensor) else p for p in parts)
    with ledger.at(home):
        func(x, parts if isinstance(index, tuple) else parts[0], value)


# What is answered from the books, by the function that __torch_function__ is given.
_ANSWERS: dict[Callable, Callable] = {
    torch.device: lambda ledger, func, *args, **kwargs: func(*args, **kwargs),
    torch.Tensor.device.__get__: lambda ledger, func, x: ledger.device_of(x),
    torch.Tensor.is_cuda.__get__: lambda ledger, func, x: ledger.device_of(x) == GPU,
    torch.Tensor.is_cpu.__get__: lambda ledger, func, x: ledger.device_of(x) == CPU,
    torch.Tensor.get_device: _get_device,
    torch.get_device: _get_device,
    torch.Tensor.to: _to,
    torch.Tensor.cuda: _cuda,
    torch.Tensor.cpu: lambda ledger, func, x, **kwargs: ledger.moved(x, CPU),
    torch.Tensor.type: _type,
    torch.Tensor.type_as: lambda ledger, func, x, other: _to(ledger, torch.Tensor.to, x, other),
    torch.as_tensor: _as_tensor,
    torch.asarray: _as_tensor,
    torch.Tensor.numpy: _numpy,
    torch.Tensor.__array__: _numpy,
    torch.Tensor.__setitem__: _setitem,
}

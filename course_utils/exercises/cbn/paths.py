"""Where z and the labels meet: the operations of a forward pass, and what each was made from."""

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from course_utils.exercises.cbn.models import in_train_mode


class Trace(TorchDispatchMode):
    """Writes down each tensor that is made, and from which earlier ones.

    ``made[i]`` is a copy of the i-th tensor, ``origins[i]`` the numbers of those that it was made
    from. A number lies on the storage and dies with it; it is the latest one after a change in
    place.
    """

    def __init__(self, *inputs: torch.Tensor) -> None:
        super().__init__()
        self.made: list[torch.Tensor] = []
        self.origins: list[set[int]] = []
        for tensor in inputs:
            self._note(tensor, set())

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        marks = [getattr(t.untyped_storage(), "mark", None) for t in _tensors((args, kwargs))]
        origins = {mark[1] for mark in marks if mark and mark[0] is self}
        for tensor in _tensors(result) if origins else ():
            self._note(tensor, origins)
        return result

    def _note(self, tensor: torch.Tensor, origins: set[int]) -> None:
        tensor.untyped_storage().mark = self, len(self.made)
        self.made.append(tensor.detach().clone())
        self.origins.append(origins)


def _tensors(values: object) -> list[torch.Tensor]:
    return [value for value in tree_leaves(values) if isinstance(value, torch.Tensor)]


def second_entrance(model: nn.Module, z: torch.Tensor, labels: torch.Tensor) -> str:
    """Where the label enters other than by conditional batch normalization, or ''.

    "early": z and the label have met in a tensor that batch statistics are taken of first. Two
    passes in train mode differ in the z of one sample: until the first statistics they differ in
    the rows of that sample alone, behind it in all rows.
    "pixels": what the label is made into, and z then meets, is not one number per channel.
    """
    other = z.clone()
    other[1] += 1
    first, second = (_trace(model, x, labels) for x in (z, other))
    sources: list[set[int]] = []
    all_rows: list[bool] = []
    for number, (a, b) in enumerate(zip(first.made, second.made, strict=False)):
        origins = first.origins[number]
        sources.append({number}.union(*(sources[i] for i in origins)))
        all_rows.append(a.ne(b).double().mean().item() > 1.01 / len(z))
        met = any({0, 1} <= sources[i] for i in origins)
        if met and all_rows[number] and not any(all_rows[i] for i in origins):
            return "early"
        if {0, 1} <= sources[number]:
            codes = (first.made[i] for i in origins if 0 not in sources[i])
            if any(_varying_dims(code) > 2 for code in codes):  # samples and channels are two
                return "pixels"
    return ""


def _varying_dims(tensor: torch.Tensor) -> int:
    """Along how many dimensions the numbers of a tensor differ."""
    dims = range(tensor.dim() if tensor.numel() else 0)
    return sum(bool(tensor.amax(dim).ne(tensor.amin(dim)).any()) for dim in dims)


def _trace(model: nn.Module, z: torch.Tensor, labels: torch.Tensor) -> Trace:
    with Trace(z, labels) as trace:
        in_train_mode(model, [(z, labels)])
    return trace

"""Layers that follow the label: find them in any network, read their tables, turn their knobs.

What counts is how a layer is called, ``layer(h, labels)``, and that its output is
``gamma[label] * normalize(h) + beta[label]``. What its parts are named does not matter.
"""

import copy
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

import torch
from torch import Tensor, nn


class LabelLayer(NamedTuple):
    """A layer that was called with features and labels."""

    name: str
    module: nn.Module
    features_shape: tuple[int, ...]
    """The shape of one sample's features, `(F,)` or `(F, H, W)`."""


@torch.no_grad()
def label_layers(network: nn.Module, x: Tensor, labels: Tensor) -> list[LabelLayer]:
    """The layers inside ``network`` that ``network(x, labels)`` calls with features and labels.

    They come in the order of their calls, and are found if they are called with two positional
    arguments. Of a block and a layer inside of it, both called with labels, it is the inner one.
    Raises ValueError if there is none.
    """
    found: dict[nn.Module, LabelLayer] = {}
    with ExitStack() as hooks:
        for name, module in network.named_modules():
            if module is network:
                continue

            def look(module: nn.Module, args: tuple, name: str = name) -> None:
                if len(args) == 2 and getattr(args[1], "shape", None) == labels.shape:
                    found[module] = LabelLayer(name, module, tuple(args[0].shape[1:]))

            hooks.callback(module.register_forward_pre_hook(look).remove)
        network(x, labels)
    inner = [layer for layer in found.values() if not _contains_another(layer.module, found)]
    if not inner:
        raise ValueError(
            "No layer of this network is called as layer(h, labels): give it one, such as a "
            "conditional batch normalization that is a module of its own."
        )
    return inner


@torch.no_grad()
def scale_and_shift(layer: LabelLayer, num_classes: int) -> tuple[Tensor, Tensor]:
    """What ``layer`` learned: gamma and beta, each `(num_classes, F)`.

    It is read off the outputs. For each class a copy of the layer, in train mode, is handed a
    sample of -1 and one of 1. Together they have the mean 0 and the variance 1, so normalization
    leaves them alone (but for eps), and what comes out is beta - gamma and beta + gamma.
    """
    module = copy.deepcopy(layer.module).train()
    some = next(iter([*module.parameters(), *module.buffers()]))
    num_features, *size = layer.features_shape
    ones = torch.ones(num_classes, num_features, *[1] * len(size), device=some.device)
    labels = torch.arange(num_classes, device=some.device).repeat(2)
    low, high = module(torch.cat([-ones, ones]), labels).flatten(1).chunk(2)
    return (high - low) / 2, (high + low) / 2


@contextmanager
def blended(layers: Sequence[LabelLayer], labels: Tensor, share: float = 1.0) -> Iterator[None]:
    """Within the block, ``layers`` answer partly as if they were asked for ``labels`` `(B,)`.

    The output is `(1 - share)` times that for the labels that the layer is handed, plus ``share``
    times that for ``labels``. In eval mode that is the output of a layer whose gamma and beta are
    blended in the same way, because both enter linearly. With ``share`` 1 the labels are swapped.
    """

    def blend(module: nn.Module, args: tuple, own: Tensor) -> Tensor:
        return torch.lerp(own, module.forward(args[0], labels), share)

    with ExitStack() as hooks:
        for layer in layers:
            hooks.callback(layer.module.register_forward_hook(blend).remove)
        yield


def _contains_another(module: nn.Module, found: dict[nn.Module, LabelLayer]) -> bool:
    return any(part in found for part in module.modules() if part is not module)

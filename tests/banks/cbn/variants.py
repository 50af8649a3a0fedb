"""Wrong answers that differ in one place from a right layer, which scales and shifts."""

from collections.abc import Callable
from typing import Any

from torch import nn

from banks import networks


class Variants(networks.Variants):
    """Variants of a layer that has a method ``scale_and_shift(condition)``."""

    def started(self, name: str, says: str, start: Callable) -> None:
        """A variant with what ``start(layer, *sizes)`` does at the end of __init__."""

        def __init__(layer: nn.Module, *sizes: int) -> None:
            self.base.__init__(layer, *sizes)
            start(layer, *sizes)

        self.replaced(name, says, __init__=__init__)

    def tables(self, name: str, says: str, change: Callable) -> None:
        """A variant with the γ and β that ``change(gamma, beta)`` returns."""

        def scale_and_shift(layer: nn.Module, condition: Any) -> tuple:
            return change(*self.base.scale_and_shift(layer, condition))

        self.replaced(name, says, scale_and_shift=scale_and_shift)

    def normalized(self, name: str, says: str, norm: type[nn.Module], **options: Any) -> None:
        """A variant whose ``bn`` is ``norm(num_features, affine=False, **options)``."""

        def start(layer: nn.Module, num_features: int, *_: int) -> None:
            layer.bn = norm(num_features, **{"affine": False, **options})

        self.started(name, says, start)

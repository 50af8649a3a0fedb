"""Wrong answers that differ in one place from a right network, which takes an input and labels."""

from collections.abc import Callable
from typing import Any

from torch import nn

from banks import wrong


class Variants:
    """Registers variants of ``base`` as wrong answers to exercise ``slug``."""

    def __init__(self, slug: str, base: type[nn.Module]) -> None:
        self.slug, self.base = slug, base

    def replaced(self, name: str, says: str, **methods: Callable) -> None:
        """A variant with other methods."""
        wrong(self.slug, says)(type(name, (self.base,), methods))

    def given(self, name: str, says: str, change: Callable) -> None:
        """A variant that sees ``change(x)`` in place of its input."""

        def forward(model: nn.Module, x: Any, condition: Any) -> Any:
            return self.base.forward(model, change(x), condition)

        self.replaced(name, says, forward=forward)

    def conditioned(self, name: str, says: str, change: Callable) -> None:
        """A variant that follows ``change(condition)`` in place of the labels."""

        def forward(model: nn.Module, x: Any, condition: Any) -> Any:
            return self.base.forward(model, x, change(condition))

        self.replaced(name, says, forward=forward)

    def returned(self, name: str, says: str, change: Callable) -> None:
        """A variant that returns ``change(output)``."""

        def forward(model: nn.Module, x: Any, condition: Any) -> Any:
            return change(self.base.forward(model, x, condition))

        self.replaced(name, says, forward=forward)

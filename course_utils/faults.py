"""Faults: what a judge compares, and the sentence that the learner gets where it does not fit."""

from collections.abc import Mapping

import numpy as np
import torch


class Fault(Exception):
    """Why a criterion is not met, in one sentence for the learner."""

    def __init__(
        self, message: str, expected: object = "", received: object = "", raised: bool = False
    ) -> None:
        super().__init__(message)
        self.message = message
        self.expected = expected if isinstance(expected, str) else show(expected)
        self.received = received if isinstance(received, str) else show(received)
        self.raised = raised
        pair = expected, received
        drawn = all(isinstance(part, torch.Tensor) and part.ndim == 2 for part in pair)
        self.tables = pair if drawn else ()


def expect(condition: bool, message: str, expected: object = "", received: object = "") -> None:
    """Raise a `Fault` with this message unless ``condition`` holds."""
    if not condition:
        raise Fault(message, expected, received)


def expect_shape(
    tensor: torch.Tensor,
    shape: tuple[int, ...],
    mistakes: Mapping[tuple[int, ...], str] | None = None,
) -> None:
    """Raise a `Fault` unless ``tensor`` has ``shape``; ``mistakes`` explains known wrong shapes."""
    received = tuple(tensor.shape)
    if received != tuple(shape):
        message = (mistakes or {}).get(received, "The shape is not the one asked for.")
        raise Fault(message, f"shape {tuple(shape)}", f"shape {received}")


def expect_dtype(tensor: torch.Tensor, dtype: torch.dtype, message: str) -> None:
    """Raise a `Fault` with this message unless ``tensor`` has ``dtype``."""
    expect(tensor.dtype == dtype, message, str(dtype), str(tensor.dtype))


def expect_floats(tensor: torch.Tensor, message: str) -> None:
    """Raise a `Fault` with this message unless ``tensor`` holds floats, of whatever size."""
    expect(tensor.is_floating_point(), message, "torch.float32", str(tensor.dtype))


def close(a: torch.Tensor, b: torch.Tensor, tolerance: float = 1e-4) -> bool:
    """Same shape, all finite, and equal up to ``tolerance`` relative to the size of ``b``."""
    if a.shape != b.shape or not torch.isfinite(a).all():
        return False
    scale = max(1.0, b.abs().max().item()) if b.numel() else 1.0
    return bool((a.double() - b.double()).abs().le(tolerance * scale).all())


def expect_close(
    received: torch.Tensor | float,
    expected: torch.Tensor | float,
    mistakes: Mapping[str, torch.Tensor | float],
    otherwise: str,
) -> None:
    """Raise a `Fault` unless ``received`` is ``expected`` up to rounding.

    ``mistakes`` maps a sentence to the value that this mistake gives; the first that fits is told
    to the learner, and ``otherwise`` if none does.
    """
    received, expected = torch.as_tensor(received), torch.as_tensor(expected)
    if close(received, expected):
        return
    for message, value in mistakes.items():
        value = torch.as_tensor(value)
        if close(received, value) or bool(received.isnan().any() and value.isnan().any()):
            raise Fault(message, expected, received)
    raise Fault(otherwise, expected, received)


def show(value: object) -> str:
    """A value in few characters; of a large tensor the corners, its shape and dots.

    A large tensor of more than two dimensions is shown as one row: its corners would fill a screen.
    """
    if not isinstance(value, torch.Tensor):
        return f"{value:z.4g}" if isinstance(value, float) else str(value)
    unpadded = {} if value.ndim > 1 else {"int_kind": str, "bool": str}  # one row needs no padding
    text = np.array2string(
        (value.flatten() if value.ndim > 2 and value.numel() > 48 else value).numpy(),
        separator=", ",
        threshold=48,
        edgeitems=2,
        max_line_width=88,
        formatter={"float_kind": "{:z.4g}".format} | unpadded,
    )
    return f"{text}, shape {tuple(value.shape)}" if value.numel() > 48 else text

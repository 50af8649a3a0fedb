"""When a Fréchet distance counts as right, in both exercises about it.

Distances are compared to a share of the traces tr Sa + tr Sb, since that is what rounding grows
with. Where features are rank-deficient, single precision turns eigenvalues of 0 into about
1e-7 of the largest, and their roots into 3e-4 of it.
"""

from collections.abc import Mapping

import torch
from torch.overrides import TorchFunctionMode

from course_utils.faults import Fault

TOLERANCE = 1e-3  # of the traces; the formulas in use stay within it, in single precision too


class SafeEigenvalues(TorchFunctionMode):
    """Lets ``torch.linalg.eigvals`` raise for a matrix that is not finite.

    In single precision oneMKL would end the whole process. The covariance of one row is NaN, so
    that would happen to whoever forgets to refuse it.
    """

    def __torch_function__(self, func, types, args=(), kwargs=None):
        if func is torch.linalg.eigvals:
            matrix = (*args, *(kwargs or {}).values())[0]
            if not matrix.isfinite().all():
                raise torch.linalg.LinAlgError("the matrix holds nan or inf: no eigenvalues")
        return func(*args, **(kwargs or {}))


def near(received: torch.Tensor, expected: torch.Tensor, traces: torch.Tensor) -> bool:
    """Whether distances are right; neither NaN nor infinity is."""
    difference = (received.double() - expected.double()).abs()
    return bool((difference <= TOLERANCE * traces.double()).all())


def expect_near(
    received: torch.Tensor,
    expected: torch.Tensor,
    traces: torch.Tensor,
    mistakes: Mapping[str, torch.Tensor],
    otherwise: str,
) -> None:
    """Raise a `Fault` unless ``received`` is near ``expected``.

    ``mistakes`` maps a sentence to the value that this mistake gives; the first that fits is told
    to the learner, and ``otherwise`` if none does.
    """
    if near(received, expected, traces):
        return
    message = next((m for m, value in mistakes.items() if near(received, value, traces)), otherwise)
    raise Fault(message, expected, received)

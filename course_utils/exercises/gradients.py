"""The gradients of a function that an exercise asks for, and how they are judged."""

from collections.abc import Callable

import torch

from course_utils.evidence import Evidence
from course_utils.faults import close, expect, expect_close
from course_utils.judging import Sheet


def gradients(function: Callable, *inputs: torch.Tensor) -> torch.Tensor:
    """The gradients of ``function(*inputs).sum()`` with respect to the inputs, in one row.

    They are zeros where the function detaches.
    """
    leaves = [tensor.clone().requires_grad_() for tensor in inputs]
    total = function(*leaves).sum()
    if not total.requires_grad:
        return torch.cat([torch.zeros_like(leaf).flatten() for leaf in leaves])
    grads = torch.autograd.grad(total, leaves, materialize_grads=True)
    return torch.cat([grad.flatten() for grad in grads])


def expect_some_gradient(sheet: Sheet, key: Evidence) -> None:
    """Raise a `Fault` unless the loss is right and any gradient reaches the logits."""
    expect(
        close(sheet.tensor("loss"), key["loss"]),
        "The value is wrong, and so is the gradient: see above.",
    )
    expect(
        bool(sheet.tensor("gradient").any()),
        "No gradient reaches the logits: something detaches them (.detach(), .item(), no_grad, "
        "torch.tensor(...)).",
        key["gradient"],
        sheet.tensor("gradient"),
    )


def expect_gradient_in_both(sheet: Sheet, key: Evidence) -> None:
    """Raise a `Fault` unless a loss has the right gradient in the real and in the fake logits."""
    expect_some_gradient(sheet, key)
    expect_close(
        sheet.tensor("gradient"),
        key["gradient"],
        {
            "No gradient reaches the fake logits: they are detached. Cutting the generator off is "
            "the step's work, not the loss's.": key["gradient real"],
            "No gradient reaches the real logits: they are detached.": key["gradient fake"],
        },
        "The value is right, but its gradient is not: look for detach, .item() or clamp.",
    )

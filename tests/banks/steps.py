"""Wrong answers that all exercises on a training step share."""

from collections.abc import Callable


def register_orders(variant: Callable) -> None:
    """Register steps whose calls come in a wrong order, or that return something else.

    ``variant(says, name, order=..., result=...)`` registers one.
    """
    clear, before = "zero_grad() first", "backward() comes before step()"
    variant(clear, "gradients_pile_up", order="backward step")
    variant(clear, "cleared_only_afterwards", order="backward step clear")
    variant(before, "cleared_too_late", order="backward clear step")
    variant(before, "backward_forgotten", order="clear step")
    variant("took no step", "no_step", order="clear backward")
    variant("took 2 steps", "stepped_twice", order="clear backward step step")
    variant("a Python float was expected", "loss_as_tensor", result=lambda loss: loss.detach())
    variant("forget a return", "no_return", result=lambda loss: None)

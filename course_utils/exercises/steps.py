"""What the exercises on a training step share: a watched optimizer, and a judge of its steps.

These exercises draw at random, so a judge recomputes losses and gradients from what a spy network
noted about the call.
"""

from collections.abc import Callable

import torch
from torch import nn

from course_utils.faults import close, expect, expect_close
from course_utils.judging import Sheet

RIGHT = "right"


def flat(module: nn.Module) -> torch.Tensor:
    """All parameters in a row, a copy on the CPU."""
    return torch.cat([p.detach().cpu().flatten() for p in module.parameters()])


def flat_gradient(module: nn.Module) -> torch.Tensor:
    """The parameters' gradients in a row, on the CPU; 0 where there is none."""
    grads = [torch.zeros_like(p) if p.grad is None else p.grad for p in module.parameters()]
    return torch.cat([grad.detach().cpu().flatten() for grad in grads])


def watch(optimizer: torch.optim.Optimizer, network: nn.Module) -> list[torch.Tensor]:
    """A list that gets, at each step of ``optimizer``, the gradient that was stepped on."""
    steps: list[torch.Tensor] = []
    optimizer.register_step_post_hook(lambda *_: steps.append(flat_gradient(network)))
    return steps


def stacked(steps: list[torch.Tensor]) -> torch.Tensor:
    """The watched steps as evidence, one row per step."""
    return torch.stack(steps) if steps else torch.zeros(0, 0)


def split(losses: dict[str, torch.Tensor], leaves: list[torch.Tensor]) -> tuple[dict, dict]:
    """The values of some losses, and their gradients with respect to ``leaves``, flat."""
    gradients = {
        name: torch.autograd.grad(loss, leaves, retain_graph=True, materialize_grads=True)
        for name, loss in losses.items()
    }
    return (
        {name: loss.item() for name, loss in losses.items()},
        {name: torch.cat([g.flatten() for g in parts]) for name, parts in gradients.items()},
    )


class StepJudge:
    """Compares the recorded steps of the network ``trained`` with a loss and its known mistakes.

    ``before`` are its parameters before the first step, flat. ``outcomes(name, parameters)`` gives
    the losses of the call ``name`` and their gradients as `split` does: the right one is called
    RIGHT, the others by a sentence about the mistake. The evidence holds the steps of the call
    ``name`` under "NAME steps", and the parameters after it under "NAME TRAINED".
    """

    def __init__(
        self, sheet: Sheet, trained: str, before: torch.Tensor, outcomes: Callable[..., tuple]
    ) -> None:
        self.sheet = sheet
        self.trained = trained
        self.before = before
        self.outcomes = outcomes

    def expect_loss(self, name: str) -> None:
        """Raise a fault unless the call ``name`` returned its loss, before the step."""
        received = self.sheet.number(name)
        losses, _ = self.outcomes(name, self.before)
        after, _ = self.outcomes(name, self.sheet.tensor(f"{name} {self.trained}"))
        late = {"This is the loss after the step: compute it once, before.": after[RIGHT]}
        otherwise = (
            f"This is not the {self.trained}'s loss on the images that it was asked about: is it "
            "another loss, or one from after the step?"
        )
        if name == "single":
            otherwise = (
                f"With a batch of one this is not the {self.trained}'s loss. If it is right for "
                "more: which formula depends on the size of the batch?"
            )
        known = map(torch.tensor, (losses | late).values())
        if not any(close(torch.tensor(received), loss) for loss in known):
            self._stepped_on(name)  # tells if there were several steps, or none
        expect_close(received, losses.pop(RIGHT), losses | late, otherwise)

    def expect_step(self, name: str) -> None:
        """Raise a fault unless the call ``name`` took one step on the gradient of its loss."""
        received = self._stepped_on(name)
        _, gradients = self.outcomes(name, self.before)
        right = gradients.pop(RIGHT)
        still = (
            f"No gradient is in the {self.trained} when the optimizer steps: backward() comes "
            "before step(), and no zero_grad() between them."
        )
        otherwise = "The step was not on the gradient of the loss."
        expect_close(received, right, {still: torch.zeros_like(right), **gradients}, otherwise)

    def expect_optimizer_alone(self, lr: float) -> None:
        """Raise a fault unless the first step left the network where the optimizer puts it."""
        expect_close(
            self.sheet.tensor(f"loss {self.trained}"),
            self.before - lr * self._stepped_on("loss"),
            {},
            f"Something else than optimizer.step() changed the {self.trained}'s parameters.",
        )

    def expect_clean_gradients(self) -> None:
        """Raise a fault unless each step is on the gradient of its own call's loss alone."""
        self.expect_some_step()
        moved = self.sheet.tensor(f"loss {self.trained}")
        expect(
            self._is_clean("loss", self.before),
            "The step itself is wrong, so this cannot be judged yet.",
        )
        expect(
            self._is_clean("stale", self.before) and self._is_clean("loss twice", moved),
            "Gradients of earlier calls are still in the step: optimizer.zero_grad() first.",
        )

    def expect_some_step(self) -> None:
        """Raise a fault if the first call did not move the network."""
        moved = self._stepped_on("loss").any()
        expect(bool(moved), "No step was taken, so this cannot be judged yet.")

    def _is_clean(self, name: str, parameters: torch.Tensor) -> bool:
        # A mistaken loss has been told elsewhere.
        _, gradients = self.outcomes(name, parameters)
        return any(close(self._stepped_on(name), gradient) for gradient in gradients.values())

    def _stepped_on(self, name: str) -> torch.Tensor:
        """The gradient of the one step in the call ``name``."""
        self.sheet.expect_no_error(name)
        steps = self.sheet.tensor(f"{name} steps")
        expect(len(steps) > 0, "The optimizer that is handed over took no step: optimizer.step().")
        expect(len(steps) == 1, f"One call took {len(steps)} steps: add the losses, step once.")
        return steps[0]

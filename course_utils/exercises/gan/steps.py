"""What discriminator-step and generator-step share: a recorded step of one of two spy networks."""

from collections.abc import Callable

import torch
from torch import nn

from course_utils.evidence import Evidence, Recorder
from course_utils.exercises.gan.spies import (
    Notes,
    SpyDiscriminator,
    SpyGenerator,
    flat,
    flat_gradient,
    watch,
)
from course_utils.judging import Fault, Sheet, close, expect, expect_close

RIGHT = "right"

ADVICE = {
    "cannot be multiplied": "z needs latent_dim columns.",
    "out of bounds": "Classes are counted from 0 to num_classes - 1.",
    "same as": "Make the targets from the logits (torch.ones_like), so that their sizes agree.",
}
"""What errors that the spies provoke mean: part of their text -> a sentence."""


def networks(case: Evidence) -> tuple[SpyGenerator, SpyDiscriminator]:
    """The case's spies, in eval mode."""
    generator = SpyGenerator(case["generator weight"], case["generator table"])
    discriminator = SpyDiscriminator(
        case["discriminator table"], case["discriminator bias"], case["latent_dim"]
    )
    return generator.eval(), discriminator.eval()


class Stage:
    """Two spies and the optimizer of the one that is ``trained``.

    ``stale``: both networks come with gradients, which are 1 everywhere.
    """

    def __init__(self, case: Evidence, trained: str, stale: bool = False) -> None:
        self.generator, self.discriminator = networks(case)
        network: nn.Module = getattr(self, trained)
        self.optimizer = torch.optim.SGD(network.parameters(), case["lr"], case["momentum"])
        self.all = self.generator, self.discriminator, self.optimizer
        self._steps = watch(self.optimizer, network, self.discriminator)
        self._noted = self._arrived = 0
        if stale:
            for parameter in self._parameters():
                parameter.grad = torch.ones_like(parameter)

    def _parameters(self) -> list[nn.Parameter]:
        return [*self.generator.parameters(), *self.discriminator.parameters()]

    def record(self, run: Recorder, name: str) -> None:
        """Write down what happened in the call ``name``, the last one."""
        run(f"{name} notes", self._relevant_notes)
        run(f"{name} steps", lambda: torch.stack(self._steps) if self._steps else torch.zeros(0, 0))
        self._noted = len(self.discriminator.notes())
        self._arrived = len(self.discriminator.arrivals())
        self._steps.clear()
        run(f"{name} generator", flat, self.generator)
        run(f"{name} generator gradient", flat_gradient, self.generator)
        run(f"{name} discriminator", flat, self.discriminator)
        run.evidence[f"{name} learns"] = all(p.requires_grad for p in self._parameters())

    def _relevant_notes(self) -> torch.Tensor:
        """The questions whose answers the loss is made of; all if there was no backward()."""
        notes, arrivals = self.discriminator.notes(), self.discriminator.arrivals()[self._arrived :]
        rows = arrivals[arrivals[:, 1] != 0, 0].long().unique()
        return notes[rows] if len(rows) else notes[self._noted :]


def expect_ran(sheet: Sheet, name: str) -> None:
    """Raise a fault, with advice, if the call ``name`` raised."""
    error = sheet.error(name)
    advice = next((why for part, why in ADVICE.items() if part in error), "")
    if advice:
        raise Fault(f"Your code raised {error}. {advice}", raised=True)
    sheet.expect_no_error(name)


def asked(sheet: Sheet, name: str) -> Notes:
    """The questions to the discriminator that the loss is made of, in the call ``name``."""
    expect_ran(sheet, name)
    notes = Notes(sheet.tensor(f"{name} notes"))
    expect(len(notes) > 0, "The discriminator was not asked.")
    return notes


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


class Judge:
    """Compares the recorded steps of the network ``trained`` with a loss and its known mistakes.

    ``before`` are its parameters before the first step, flat. ``outcomes(name, parameters)`` gives
    the losses of the call ``name`` and their gradients as `split` does: the right one is called
    RIGHT, the others by a sentence about the mistake.
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
        expect_ran(self.sheet, name)
        received = self.sheet.number(name)
        losses, _ = self.outcomes(name, self.before)
        after, _ = self.outcomes(name, self.sheet.tensor(f"{name} {self.trained}"))
        late = {"This is the loss after the step: compute it once, before.": after[RIGHT]}
        otherwise = f"This is not the {self.trained}'s loss on the images that were judged."
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

    def expect_optimizer_alone(self, case: Evidence) -> None:
        """Raise a fault unless the first step left the network where the optimizer puts it."""
        expect_close(
            self.sheet.tensor(f"loss {self.trained}"),
            self.before - case["lr"] * self._stepped_on("loss"),
            {},
            f"Something else than optimizer.step() changed the {self.trained}'s parameters.",
        )

    def expect_clean_gradients(self, other: str, before: torch.Tensor) -> None:
        """Raise a fault unless each step is on the gradient of its own call's loss alone.

        ``before`` are the parameters of the network ``other``, which has to stay as it is.
        """
        self._expect_some_step()
        moved = self.sheet.tensor(f"loss {self.trained}")
        same = torch.equal(self.sheet.tensor(f"loss {other}"), before)
        expect(same, f"The {other} moves too, so this cannot be judged yet.")
        expect(
            self._is_clean("loss", self.before),
            "The step itself is wrong, so this cannot be judged yet.",
        )
        expect(
            self._is_clean("stale", self.before) and self._is_clean("loss twice", moved),
            "Gradients of earlier calls are still in the step: optimizer.zero_grad() first.",
        )

    def _is_clean(self, name: str, parameters: torch.Tensor) -> bool:
        # A mistaken loss has been told elsewhere.
        _, gradients = self.outcomes(name, parameters)
        return any(close(self._stepped_on(name), gradient) for gradient in gradients.values())

    def expect_untouched(self, other: str, before: torch.Tensor) -> None:
        """Raise a fault if the first call changed the network ``other``, or left one frozen."""
        self._expect_some_step()
        expect(
            torch.equal(self.sheet.tensor(f"loss {other}"), before),
            f"The {other}'s parameters changed: this step is the {self.trained}'s.",
        )
        expect(
            bool(self.sheet.evidence.get("loss learns")),
            "Afterwards a network is frozen: set requires_grad_(True) again.",
        )

    def _expect_some_step(self) -> None:
        """Raise a fault if the first call did not move the network."""
        moved = self._stepped_on("loss").any()
        expect(bool(moved), "No step was taken, so this cannot be judged yet.")

    def _stepped_on(self, name: str) -> torch.Tensor:
        """The gradient of the one step in the call ``name``."""
        expect_ran(self.sheet, name)
        steps = self.sheet.tensor(f"{name} steps")
        expect(len(steps) > 0, "The optimizer that is handed over took no step: optimizer.step().")
        expect(len(steps) == 1, f"One call took {len(steps)} steps: add the losses, step once.")
        return steps[0, 1:]

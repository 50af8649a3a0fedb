"""What discriminator-step and generator-step share: a recorded step of one of two spy networks."""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from course_utils.evidence import Evidence, Recorder
from course_utils.exercises.gan.spies import Notes, networks
from course_utils.exercises.steps import StepJudge, flat, flat_gradient, stacked, watch
from course_utils.faults import expect
from course_utils.judging import Sheet

ADVICE = {
    "cannot be multiplied": "z needs latent_dim columns.",
    "out of bounds": "Classes are counted from 0 to num_classes - 1.",
    "takes int64 labels": "Each sample has one row of z, or one image, and one label, a "
    "whole number (torch.randint gives int64).",
    "was given z of shape": "Draw z of shape (B, latent_dim), one row for each fake.",
    "same as": "Make the targets from the logits (torch.ones_like), so that their sizes agree.",
}
"""What errors that the spies provoke mean: part of their text -> a sentence."""


class Stage:
    """Two spies and the optimizer of the one that is ``trained``.

    ``stale``: both networks come with gradients, which are 1 everywhere.
    """

    def __init__(self, case: Evidence, trained: str, stale: bool = False) -> None:
        self.generator, self.discriminator = networks(case)
        network: nn.Module = getattr(self, trained)
        self.optimizer = torch.optim.SGD(network.parameters(), case["lr"], case["momentum"])
        self.all = self.generator, self.discriminator, self.optimizer
        self._steps = watch(self.optimizer, network)
        self._noted = self._arrived = 0
        if stale:
            for parameter in self._parameters():
                parameter.grad = torch.ones_like(parameter)

    def _parameters(self) -> list[nn.Parameter]:
        return [*self.generator.parameters(), *self.discriminator.parameters()]

    def record(self, run: Recorder, name: str) -> None:
        """Write down what happened in the call ``name``, the last one."""
        run(f"{name} notes", self._relevant_notes)
        run(f"{name} steps", stacked, self._steps)
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


def step_on_devices(
    run: Recorder, answer: Callable, case: Evidence, trained: str, *arguments: Any
) -> None:
    """Record where the network ``trained`` is after a step on a GPU, and after one on the CPU."""

    def on(to: Callable) -> torch.Tensor | None:
        torch.manual_seed(case["seed"])  # both runs draw alike, so that only devices differ
        generator, discriminator = map(to, networks(case))
        network = {"generator": generator, "discriminator": discriminator}[trained]
        optimizer = torch.optim.SGD(network.parameters(), case["lr"])
        moved = (to(a) if isinstance(a, torch.Tensor) else a for a in arguments)
        loss = answer(generator, discriminator, optimizer, *moved)
        return None if loss is None else network.table.detach()  # is it where it was?

    run.on_devices("loss", on)


def asked(sheet: Sheet, name: str) -> Notes:
    """The questions to the discriminator that the loss is made of, in the call ``name``."""
    sheet.expect_no_error(name)
    notes = Notes(sheet.tensor(f"{name} notes"))
    expect(len(notes) > 0, "The discriminator was not asked.")
    return notes


def expect_fresh(first: Notes, second: Notes) -> None:
    """Raise a fault if any z of two calls is the same."""
    expect(
        len(torch.cat([first.z, second.z]).unique(dim=0)) == len(first) + len(second),
        "Two calls use the same z: draw afresh in each call, and set no seed.",
    )


def expect_labels_kept(fakes: Notes) -> None:
    """Raise a fault unless the fakes are judged under the labels that they were made with."""
    expect(
        torch.equal(fakes.asked, fakes.made),
        "The fakes are judged under other labels than they were made with: keep the labels, and "
        "give the same ones to the generator and to the discriminator.",
    )


class Judge(StepJudge):
    """Judges the steps of one of the two networks; the ``other`` has to stay as it is."""

    def expect_clean(self, other: str, before: torch.Tensor) -> None:
        """Raise a fault unless each step is on the gradient of its own call's loss alone.

        ``before`` are the parameters of the network ``other``.
        """
        self.expect_some_step()
        same = torch.equal(self.sheet.tensor(f"loss {other}"), before)
        expect(same, f"The {other}'s parameters changed: this step is the {self.trained}'s.")
        self.expect_clean_gradients()

    def expect_untouched(self, other: str, before: torch.Tensor) -> None:
        """Raise a fault if the first call changed the network ``other``, or left one frozen."""
        self.expect_some_step()
        expect(
            torch.equal(self.sheet.tensor(f"loss {other}"), before),
            f"The {other}'s parameters changed: this step is the {self.trained}'s.",
        )
        expect(
            bool(self.sheet.evidence.get("loss learns")),
            "Afterwards a network is frozen: set requires_grad_(True) again.",
        )

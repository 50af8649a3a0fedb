"""What spy networks noted in an epoch, sorted by the steps in which an image counted."""

import torch
import torch.nn.functional as F

from course_utils.exercises.gan.spies import FEATURES, Notes


class Pulls(Notes):
    """The images that a loss pulled at, one entry per gradient that arrived at a logit."""

    OWN = 3 + FEATURES  # columns before those of the notes

    def __init__(self, table: torch.Tensor) -> None:
        super().__init__(table[:, self.OWN :])
        self.pull = table[:, 0]
        """The gradient of a loss with respect to the logit."""
        self.discriminator_steps = table[:, 1].long()
        """How many steps the discriminator had taken; below, the generator."""
        self.generator_steps = table[:, 2].long()
        self.weight = table[:, 3 : self.OWN]
        """The gradient of the logit with respect to the features."""
        self._table = table

    def where(self, index: torch.Tensor) -> "Pulls":
        return Pulls(self._table[index])


class Replay:
    """An epoch, from a `SpyDiscriminator`'s notes, arrivals and parameters at each call."""

    def __init__(
        self, notes: torch.Tensor, arrivals: torch.Tensor, parameters: torch.Tensor
    ) -> None:
        notes = notes[arrivals[:, 0].long()]
        entries = Notes(notes)
        self.num_classes = parameters.shape[1] // FEATURES
        tables = parameters[:, :-1].view(-1, self.num_classes, FEATURES)
        weight = tables[entries.call, entries.asked]
        self.pulls = Pulls(torch.cat([arrivals[:, 1:], weight, notes], dim=1))
        self._is_generators = _is_generators(self.pulls)

    def in_discriminator_step(self, step: int | None = None) -> Pulls:
        """What the discriminator's loss pulled at, in all steps or in one."""
        of_step = _is(self.pulls.discriminator_steps, step)
        return self.pulls.where(~self._is_generators & of_step)

    def in_generator_step(self, step: int | None = None) -> Pulls:
        """What the generator's loss pulled at, in all steps or in one."""
        return self.pulls.where(self._is_generators & _is(self.pulls.generator_steps, step))

    def leaking_into(self, step: int) -> Pulls:
        """Fakes through which the discriminator's loss could reach the generator's ``step``."""
        attached = (self.pulls.made >= 0) & self.pulls.attached & ~self._is_generators
        return self.pulls.where(attached & _is(self.pulls.generator_steps, step))

    def discriminator_gradient(self, pulls: Pulls) -> torch.Tensor:
        """The flat gradient that these pulls give the discriminator."""
        table = torch.zeros(self.num_classes, FEATURES)
        table.index_add_(0, pulls.asked, pulls.pull[:, None] * pulls.features)
        return torch.cat([table.flatten(), pulls.pull.sum()[None]])

    def generator_gradient(self, pulls: Pulls) -> torch.Tensor:
        """The flat gradient that these pulls, at fakes, give the generator."""
        features = pulls.pull[:, None] * pulls.weight
        table = torch.zeros(self.num_classes, FEATURES).index_add_(0, pulls.made, features)
        return torch.cat([(pulls.z.T @ features).flatten(), table.flatten()])

    def losses(self, num_steps: int, sign: int = 1) -> torch.Tensor:
        """The losses (2, num_steps) before each step, the discriminator's first.

        With ``sign`` -1 they have the opposite targets.
        """
        rows = [self.in_discriminator_step(step) for step in range(num_steps)]
        real = [F.softplus(-sign * pulls.reals().logit).mean() for pulls in rows]
        fake = [F.softplus(sign * pulls.fakes().logit).mean() for pulls in rows]
        rows = [self.in_generator_step(step) for step in range(num_steps)]
        generator = [F.softplus(-sign * pulls.logit).mean() for pulls in rows]
        return torch.stack([(torch.stack(real) + torch.stack(fake)) / 2, torch.stack(generator)])


def _is_generators(pulls: Pulls) -> torch.Tensor:
    """Which of the pulls are the generator's loss.

    A right answer cuts the fakes off in the discriminator's step, or else stops the gradient in
    another way: then the direction tells, since the generator's loss pulls its fakes up.
    """
    fake = pulls.made >= 0
    attached = fake & pulls.attached
    some_are_cut_off = bool(attached.any() and (fake & ~pulls.attached).any())
    return attached if some_are_cut_off else fake & (pulls.pull < 0)


def _is(steps: torch.Tensor, step: int | None) -> torch.Tensor:
    return torch.ones_like(steps, dtype=torch.bool) if step is None else steps == step

"""Two trainers in one run, in turns: so that a busy machine is equally busy for both."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import torch

Curve = list[tuple[float, Any]]
"""Seconds of training, and what was measured then."""


class Clock:
    """Sums up seconds of training, without those of measuring.

    On a CPU it counts this process's own seconds of one core, which other processes do not stretch.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.seconds = 0.0

    def now(self) -> float:
        """The time, in seconds since some moment."""
        if self.device.type == "cuda":
            torch.cuda.synchronize()
            return time.perf_counter()
        return time.process_time()

    def start(self) -> None:
        """Count from now on."""
        self._started = self.now()

    def stop(self) -> None:
        """Count no longer: ``seconds`` holds the sum."""
        self.seconds += self.now() - self._started

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count the seconds of the block."""
        self.start()
        yield
        self.stop()


class Tutorial(Protocol):
    """A training loop as tutorials have it."""

    device: torch.device

    def train_epoch(self) -> None:
        """Train for one epoch."""


class Fast(Protocol):
    """A training loop that is made to be fast."""

    steps: int
    batch_size: int

    @property
    def done(self) -> bool:
        """Whether its last step is taken."""

    def train_steps(self, num_steps: int) -> None:
        """Train for some steps."""


def race(
    tutorial: Tutorial,
    fast: Fast,
    measure: Callable[[Any], object],
    num_epochs: int,
    num_images: int,
) -> tuple[dict[str, Curve], dict[str, float]]:
    """Train both; return their curves, and their rates in images per second.

    After each of the tutorial's ``num_epochs`` epochs over ``num_images`` images, the fast one
    trains until both have used the same time, or it is done. ``measure(trainer)`` is called after
    each of the first 20 epochs, and after every fourth.
    """
    clocks = {"tutorial": Clock(tutorial.device), "fast": Clock(tutorial.device)}
    curves: dict[str, Curve] = {"tutorial": [], "fast": []}
    for epoch in range(1, num_epochs + 1):
        with clocks["tutorial"].running():
            tutorial.train_epoch()
        while clocks["fast"].seconds < clocks["tutorial"].seconds and not fast.done:
            with clocks["fast"].running():
                fast.train_steps(10)
        if epoch <= 20 or epoch % 4 == 0:
            for name, trainer in (("tutorial", tutorial), ("fast", fast)):
                if curves[name] and curves[name][-1][0] == clocks[name].seconds:
                    continue  # it had finished already
                curves[name].append((clocks[name].seconds, measure(trainer)))
                print(f"{curves[name][-1][0]:6.1f} s  {name:8}  {curves[name][-1][1]}", flush=True)
    images = {"tutorial": num_epochs * num_images, "fast": fast.steps * fast.batch_size}
    return curves, {name: images[name] / clocks[name].seconds for name in images}

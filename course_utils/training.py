"""Training loops that show what they do, can be stopped, and stay short while being marked."""

import os
import signal
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import Any

from tqdm import tqdm

from course_utils.data import Batches

STEPS_WHILE_MARKED = 3
"""Training steps that `fit` runs while nbgrader executes a notebook."""

History = dict[str, list[float]]
"""What `fit` returns: for each quantity its mean in each epoch."""


def execution_mode() -> str:
    """'autograde' or 'validate' while nbgrader executes the notebook, else 'interactive'."""
    return os.environ.get("NBGRADER_EXECUTION", "interactive")


def fit(
    step: Callable[..., float | Mapping[str, float]],
    batches: Batches,
    num_epochs: int,
    description: str = "training",
    after_epoch: Callable[[int], Mapping[str, float] | None] | None = None,
) -> History:
    """Call ``step(*batch)`` for each batch of each epoch, with a progress bar.

    ``step`` does one optimizer step and returns its loss, or a dict of named losses. Returns the
    history: ``{"loss": [mean of epoch 1, ...]}``, or the same for each name of the dict.
    ``after_epoch(epoch)``, called with 1, 2, ..., may return more quantities for the history. It is
    called after an epoch that was stopped early, too, so that each epoch has all quantities.

    Interrupt the kernel (or press Ctrl-C) to stop early: the step under way is finished, and the
    history so far is returned; the model keeps what it has learned. While nbgrader executes the
    notebook, only `STEPS_WHILE_MARKED` steps are run.
    """
    history: History = defaultdict(list)
    marking = execution_mode() != "interactive"
    num_epochs = min(num_epochs, 1) if marking else num_epochs
    steps_per_epoch = min(len(batches), STEPS_WHILE_MARKED) if marking else len(batches)
    # On stdout: red text under a cell looks like an error, and nbgrader takes it for one.
    bar = tqdm(
        total=num_epochs * steps_per_epoch,
        desc=description,
        file=sys.stdout,
        leave=False,
        bar_format="{desc} {bar:20} {percentage:3.0f} %, {remaining} left{postfix}",
    )
    with _stop_requests() as stop, bar:
        for epoch in range(1, num_epochs + 1):
            quantities = _epoch(step, islice(batches, steps_per_epoch), bar, stop)
            quantities |= (after_epoch(epoch) if after_epoch else None) or {}
            for name, value in quantities.items():
                history[name].append(value)
            last = {name: f"{values[-1]:.3f}" for name, values in history.items()}
            bar.set_postfix(last, refresh=False)
            if stop.is_set():
                break
    if stop.is_set():
        done = max((len(values) for values in history.values()), default=0)
        print(f"Stopped in epoch {done} of {num_epochs}: the model keeps what it has learned.")
    return dict(history)


def _epoch(
    step: Callable[..., float | Mapping[str, float]],
    batches: Iterable[tuple],
    bar: tqdm,
    stop: threading.Event,
) -> dict[str, float]:
    """Call ``step`` for each batch until a stop is requested; return the mean of each loss."""
    sums: dict[str, float] = defaultdict(float)
    steps = 0
    for batch in batches:
        for name, loss in _named(step(*batch)).items():
            sums[name] += loss
        steps += 1
        bar.update()
        if stop.is_set():
            break
    return {name: total / steps for name, total in sums.items()}


def _named(losses: float | Mapping[str, float]) -> Mapping[str, float]:
    return losses if isinstance(losses, Mapping) else {"loss": losses}


@contextmanager
def _stop_requests() -> Iterator[threading.Event]:
    """Turn the first interrupt into a request to stop; a second one raises KeyboardInterrupt."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop  # signals reach the main thread only
        return
    previous = signal.getsignal(signal.SIGINT) or signal.default_int_handler

    def request(signum: int, frame: Any) -> None:
        stop.set()
        signal.signal(signal.SIGINT, previous)

    signal.signal(signal.SIGINT, request)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, previous)

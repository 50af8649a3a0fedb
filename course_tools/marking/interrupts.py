"""Ctrl-C: none is lost, and it is for one process to handle."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

SOON = 0.1  # seconds


@contextmanager
def none_lost() -> Iterator[None]:
    """In this block a Ctrl-C that comes while Python runs a finalizer comes again soon.

    Python drops what is raised there, and imports alone run finalizers all the time.
    """

    def again(dropped: Any) -> None:
        if issubclass(dropped.exc_type, KeyboardInterrupt):
            main = threading.main_thread().ident
            timer = threading.Timer(SOON, signal.pthread_kill, (main, signal.SIGINT))
            timer.daemon = True
            timer.start()
        else:
            before(dropped)

    before, sys.unraisablehook = sys.unraisablehook, again
    try:
        yield
    finally:
        sys.unraisablehook = before


def raise_if_caught(result: dict[str, Any]) -> None:
    """Raise KeyboardInterrupt if there was one: nbgrader's API calls it an error, and goes on."""
    if "KeyboardInterrupt" in result.get("error", ""):
        raise KeyboardInterrupt


@contextmanager
def not_for_children() -> Iterator[None]:
    """Processes that are started in this block do not see Ctrl-C."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

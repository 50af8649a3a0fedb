"""Banks of answers: wrong ones must lose marks with the intended message, right ones none.

An answer is a function or class whose name says what it does. The modules register their answers
with the decorators `right` and `wrong`.
"""

import importlib
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from course_utils.exercises import EXERCISES, path

RIGHT: dict[str, list[Any]] = defaultdict(list)
WRONG: dict[str, list[tuple[Any, str]]] = defaultdict(list)


def right(slug: str) -> Callable[[Any], Any]:
    """Register a correct answer to exercise ``slug``."""

    def register(answer: Any) -> Any:
        RIGHT[slug].append(answer)
        return answer

    return register


def wrong(slug: str, says: str) -> Callable[[Any], Any]:
    """Register a wrong answer; ``says`` is part of the message that it must get."""

    def register(answer: Any) -> Any:
        WRONG[slug].append((answer, says))
        return answer

    return register


def fill() -> None:
    """Import the answers to every exercise."""
    for slug in EXERCISES:
        importlib.import_module(f"banks.{path(slug)}")

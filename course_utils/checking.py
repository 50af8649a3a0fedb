"""`check`, `hint` and `grade`: what an exercise's test cell and its hint cell call."""

import importlib
import secrets
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import wrap
from types import ModuleType
from typing import Any

import torch
from IPython.display import Markdown, display

from course_utils.evidence import Evidence, pack, unpack
from course_utils.exercises import example, find
from course_utils.pretend_machine import machine_without_gpu
from course_utils.progress import record
from course_utils.report import Verdict
from course_utils.training import execution_mode

_hints_given: Counter[str] = Counter()


class NotPassed(AssertionError):
    """Raised by `check` while nbgrader validates a notebook, which looks for errors only."""

    def _render_traceback_(self) -> list[str]:
        """The text without a stack, in lines that nbgrader does not cut."""
        return [
            part
            for line in str(self).splitlines()
            for part in wrap(line, 78, subsequent_indent=" " * 10, break_on_hyphens=False)
        ]


def probe(exercise: ModuleType, answer: Any, case: Evidence) -> Evidence:
    """Run the exercise's probe on a copy of the case.

    The answer sees no GPU but the pretended one. What it does to PyTorch's settings ends here: the
    random numbers, the gradient mode and the default dtype of the notebook stay as they were.
    Raises RuntimeError if an earlier error has stopped the GPU.
    """
    insist_that_the_gpu_works()
    own = {k: v.clone() if isinstance(v, torch.Tensor) else v for k, v in case.items()}
    with torch.random.fork_rng(), usual_settings(), machine_without_gpu():
        return exercise.probe(answer, own)


def insist_that_the_gpu_works() -> None:
    """Raise RuntimeError if CUDA is in use but gives errors only, as after a label out of range."""
    if torch.cuda.is_initialized():
        try:
            torch.cuda.synchronize()
        except RuntimeError as error:
            raise RuntimeError(
                "An earlier error has stopped the GPU for this kernel (often a label or an index "
                "that is out of range). Restart the kernel (menu Kernel, Restart Kernel), and run "
                "the cells from the top, without the one that failed."
            ) from error


@contextmanager
def usual_settings() -> Iterator[None]:
    """PyTorch's own gradient mode and default dtype inside; the notebook's again afterwards."""
    dtype = torch.get_default_dtype()
    torch.set_default_dtype(torch.float32)
    try:
        with torch.enable_grad():
            yield
    finally:
        torch.set_default_dtype(dtype)


def check(slug: str, answer: Any) -> None:
    """Try ``answer`` on the example of exercise ``slug`` and show what passed and what did not.

    What is correct counts as progress. It is silent while a submission is marked, where `grade`
    follows it in the same cell.
    """
    exercise = find(slug)
    if execution_mode() == "autograde":
        return
    case, key = example(slug)
    verdict = Verdict(slug, tuple(exercise.judge(case, key, probe(exercise, answer, case))), case)
    if execution_mode() == "validate" and verdict.outcome != "correct":
        raise NotPassed(str(verdict))
    verdict.show()
    if verdict.outcome == "correct":
        record(slug)


def hint(slug: str) -> None:
    """Show the next hint for exercise ``slug``: each call gives one more."""
    hints = find(slug).HINTS
    given = min(_hints_given[slug] + 1, len(hints))
    _hints_given[slug] = given
    more = "run this cell again for the next one" if given < len(hints) else "this was the last"
    display(Markdown(f"**Hint {given} of {len(hints)}** ({more}): {hints[given - 1]}"))


def grade(slug: str, answer: Any, seed: int | None = None) -> int:
    """Mark ``answer`` on a case drawn afresh; show the verdict and return the points.

    nbgrader takes the returned number, the cell's last value, as the mark. Any exception leaves
    the cell without marks. ``seed`` fixes the case, for tests.
    """
    exercise = find(slug)
    hidden = hidden_tests()[slug]
    seed = secrets.randbits(48) if seed is None else seed
    with usual_settings():
        case = hidden.draw(torch.Generator().manual_seed(seed))
    evidence = unpack(pack(probe(exercise, answer, case)))
    with usual_settings():
        verdict = Verdict(slug, tuple(hidden.judge(case, evidence)), case, marked=True)
    verdict.show()
    return verdict.points


def hidden_tests() -> dict[str, Any]:
    """The hidden tests by slug. Raises FileNotFoundError in a copy that does not have them."""
    folder = Path(__file__).parents[1] / "tests"
    if not (folder / "hidden").is_dir():
        raise FileNotFoundError(
            "This copy of the course has no hidden tests: marking runs in the instructor's copy."
        )
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
    return importlib.import_module("hidden").HIDDEN_TESTS

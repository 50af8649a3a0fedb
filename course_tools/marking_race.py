"""Marking beside stock nbgrader: ``python -m course_tools.marking_race``.

Both sides mark the same submissions of all notebooks in one run: `nbgrader autograde` as it comes,
then `course_tools.grade` in the jail. Prints the marks that differ (none should), submissions per
second, their ratio, and where the time goes. ``--students 60 --without-stock`` marks a class of
300 and prints the memory that it took.
"""

import argparse
import contextlib
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI

from course_tools import grade as grading
from course_tools.example_class import ALL, answer, right_answers, wrong_answers
from course_tools.gradebook import ROOT
from course_tools.marking import summary, verdicts
from course_tools.marking.session import Session

STOCK = """
from nbgrader.converters import Autograde

c = get_config()
load_subconfig("nbgrader_config.py", path={root!r})
c.Autograde.sanitize_preprocessors = Autograde.sanitize_preprocessors.default()
c.Autograde.autograde_preprocessors = Autograde.autograde_preprocessors.default()
c.CourseDirectory.root = {folder!r}
c.CourseDirectory.source_directory = {solutions!r}
c.CourseDirectory.release_directory = "release"
"""

Marks = dict[tuple[str, str, str], float]
"""(Notebook, student, test cell) -> marks."""


def make_class(root: Path, students: int, seed: int = 0) -> int:
    """Hand in every notebook for each student, with answers drawn from right ones and wrong ones.

    Returns how many notebooks that are.
    """
    draws = random.Random(seed)
    for name in ALL:
        blank = (ROOT / "notebooks" / name / f"{name}.ipynb").read_text()
        right, wrong = right_answers(name), wrong_answers(name)
        for number in range(students):
            share = (1.0, 0.8, 0.6, 0.4, 0.9, 0.0, 1.0, 0.7)[number % 8]
            answers = {slug: (right if draws.random() < share else wrong)[slug] for slug in right}
            folder = root / "submitted" / f"student-{number:03}" / name
            folder.mkdir(parents=True)
            (folder / f"{name}.ipynb").write_text(answer(blank, answers))
    return students * len(ALL)


def marks(root: Path) -> Marks:
    """The marks in the gradebook below ``root``."""
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
        return {
            (submission.assignment.name, submission.student.id, grade.name): grade.score
            for assignment in gradebook.assignments
            for submission in assignment.submissions
            for notebook in submission.notebooks
            for grade in notebook.grades
        }


def run_stock(root: Path) -> None:
    """Mark the class as an instructor does with nbgrader alone."""
    (root / "nbgrader_config.py").write_text(
        STOCK.format(root=str(ROOT), folder=str(root), solutions=str(ROOT / "solutions"))
    )
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": programs, "PYTHONPATH": str(ROOT)}
    for step in ("generate_assignment", "autograde"):
        for name in ALL:
            command = [sys.executable, "-m", "nbgrader", step, name]
            done = subprocess.run(
                command, cwd=root, capture_output=True, text=True, env=environment
            )
            if done.returncode:
                raise SystemExit(f"nbgrader {step} {name} failed:\n{done.stderr[-2000:]}")


@contextlib.contextmanager
def timed(spent: Counter[str], name: str, owner: Any, function: str) -> Iterator[None]:
    """Add up, inside the block, the seconds that are spent in a function."""
    original: Callable = getattr(owner, function)

    def measured(*args: Any, **kwargs: Any) -> Any:
        started = time.perf_counter()
        try:
            return original(*args, **kwargs)
        finally:
            spent[name] += time.perf_counter() - started

    setattr(owner, function, measured)
    try:
        yield
    finally:
        setattr(owner, function, original)


def run_ours(root: Path) -> Counter[str]:
    """Mark the class with `course_tools.grade`; returns seconds by what they were spent on."""
    spent: Counter[str] = Counter()
    with (
        timed(spent, "kernels: start", Session, "__enter__"),
        timed(spent, "kernels: cells and probes", Session, "run"),
        timed(spent, "kernels: end", Session, "__exit__"),
        timed(spent, "cases drawn, cells planned", grading, "prepare"),
        timed(spent, "evidence judged", verdicts, "_verdict"),
        timed(spent, "nbgrader writes marks and notebooks", NbGraderAPI, "autograde"),
        timed(spent, "feedback pages", summary, "write_feedback"),
        timed(spent, "tables, figures, likeness", grading, "tell"),
        timed(spent, "in all", grading, "grade"),
    ):
        grading.grade(root)
    spent["tables, figures, likeness"] -= spent["feedback pages"]
    return spent


@contextlib.contextmanager
def memory_watched(peak: Counter[str]) -> Iterator[None]:
    """Note the largest memory of this process, and of all that it started, shared pages once."""
    done = threading.Event()

    def watch() -> None:
        me = psutil.Process()
        while not done.wait(1):
            own, started = me.memory_info().rss, 0
            for child in me.children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    started += child.memory_full_info().pss
            peak["the grader"] = max(peak["the grader"], own)
            peak["what it started"] = max(peak["what it started"], started)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def main() -> None:
    """Run both sides and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--students", type=int, default=8, help="each hands in five notebooks")
    parser.add_argument("--without-stock", action="store_true", help="run our side alone")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ours, stock = Path(folder, "ours"), Path(folder, "stock")
        count = make_class(ours, options.students)
        seconds = {}
        if not options.without_stock:
            make_class(stock, options.students)
            started = time.perf_counter()
            run_stock(stock)
            seconds["stock nbgrader"] = time.perf_counter() - started
        peak: Counter[str] = Counter()
        with memory_watched(peak), contextlib.redirect_stdout(sys.stderr):
            spent = run_ours(ours)
        seconds["in the jail, with feedback and report"] = spent["in all"]
        if not options.without_stock:
            report_difference(marks(stock), marks(ours))
        report(count, seconds, spent, peak)


def report_difference(stock: Marks, ours: Marks) -> None:
    """Print the marks that are not the same on both sides."""
    differing = {key for key in stock.keys() | ours.keys() if stock.get(key) != ours.get(key)}
    print(f"{len(stock)} marks of stock nbgrader, {len(ours)} of ours, {len(differing)} differ")
    for key in sorted(differing):
        print(f"  {' '.join(key)}: stock {stock.get(key)}, ours {ours.get(key)}")


def report(count: int, seconds: dict[str, float], spent: Counter, peak: Counter) -> None:
    """Print rates, ratios, where the time went, and the memory."""
    for side, taken in seconds.items():
        print(f"{count} submissions, {side}: {taken:.0f} s, {count / taken:.2f} per second")
    if len(seconds) == 2:
        stock, ours = seconds.values()
        marking = ours - spent["feedback pages"] - spent["tables, figures, likeness"]
        print(f"ratio {stock / ours:.1f}; until the marks are there, as stock: ", end="")
        print(f"{marking:.0f} s, ratio {stock / marking:.1f}")
    print("Where our time went (kernels run beside each other and beside the rest):")
    for name, taken in spent.most_common():
        print(f"  {taken:7.1f} s  {name}")
    for name, most in peak.items():
        print(f"most memory of {name}: {most / 2**20:,.0f} MiB")


if __name__ == "__main__":
    main()

"""Kill marking at any moment, and see that the next call ends where it would have ended.

``python -m course_tools.kill_and_restart 20`` kills the marking of small classes 20 times, and
compares gradebook, tables and pages with those of an undisturbed run.
"""

import itertools
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
from nbgrader.api import Gradebook
from sqlalchemy import MetaData, create_engine, select

from course_tools.example_class import make_class
from course_tools.gradebook import ROOT

NOTEBOOK = "01_conditional_classifier"
EARLY = "ada-right"
"""Whose notebook is marked, by hand too, before marking is disturbed."""
IN_ONE = 4  # kills in one class, before it is marked to the end
LOOK = 0.02  # seconds between two looks at how far marking is


@dataclass(frozen=True, order=True)
class Moment:
    """When to kill: after so many steps, and ``part`` of the time that the next one takes.

    Steps are that marking begins, each submission that is marked, and each page. ``alone`` kills
    one process, as Linux does when memory runs out; else those that it has started are killed too.
    """

    steps: int
    part: float
    alone: bool


def moments(seed: int, number: int, steps: int) -> list[Moment]:
    """So many moments, in order, anywhere in a run with so many steps."""
    chance = random.Random(seed)
    return sorted(
        Moment(chance.randint(1, steps), chance.random(), chance.random() < 0.5)
        for _ in range(number)
    )


@dataclass(frozen=True)
class SmallClass:
    """A class under ``root``, whose files were there at the time ``since``."""

    root: Path
    since: float

    def path(self, folder: str, student: str, suffix: str = "ipynb") -> Path:
        """A student's file in one of nbgrader's folders."""
        return self.root / folder / student / NOTEBOOK / f"{NOTEBOOK}.{suffix}"

    def copy(self, root: Path) -> "SmallClass":
        """The same class elsewhere."""
        shutil.copytree(self.root, root)
        return SmallClass(root, time.time())

    @property
    def database(self) -> str:
        """The URL of the gradebook."""
        return f"sqlite:///{self.root / 'gradebook.db'}"

    @property
    def said(self) -> str:
        """What all calls together have printed."""
        return (self.root / "said.txt").read_text()

    def start(self) -> subprocess.Popen:
        """Begin marking, as ``make grade`` does."""
        command = [sys.executable, "-m", "course_tools.grade", str(self.root), "--workers", "2"]
        with (self.root / "said.txt").open("ab") as said:
            return subprocess.Popen(
                command, cwd=ROOT, stdout=said, stderr=said, start_new_session=True
            )

    def run(self) -> None:
        """Mark to the end. Raises RuntimeError, with what was printed, if that fails."""
        if self.start().wait():
            raise RuntimeError(self.said)

    def marked(self) -> dict[str, int]:
        """Whose notebook counts as marked, and when the marked one was written."""
        students = [row[0] for row in _rows(self.database, "course_markings")]
        return {
            student: self.path("autograded", student).stat().st_mtime_ns for student in students
        }

    def pages(self) -> list[str]:
        """Whose page is whole, and new since ``since``."""
        pages = self.root.glob(f"feedback/*/{NOTEBOOK}/*.html")
        new = [page for page in pages if page.stat().st_mtime > self.since]
        return [page.parts[-3] for page in new if page.read_text().endswith("-->\n")]

    def steps(self, begin: float) -> int:
        """How far a run is that was started at the time ``begin``; 0 while it imports."""
        release = self.root / "build" / "release" / NOTEBOOK / f"{NOTEBOOK}.ipynb"
        if not release.exists() or release.stat().st_mtime < begin:
            return 0
        done = {row[0] for row in _rows(self.database, "course_markings")} - {EARLY}
        return 1 + len(done) + len(self.pages())

    def left(self) -> str:
        """What there is, in a few words."""
        return f"{len(self.marked())} marked and {len(self.pages())} new pages were there"

    def results(self) -> dict[str, object]:
        """All that marking leads to, and of each table in the gradebook the number of rows."""
        pages = self.root.glob("feedback/**/*.html")
        return {
            "grades": _gradebook(self.database),
            "rows": {name: len(rows) for name, rows in _tables(self.database).items()},
            "markings": _rows(self.database, "course_markings"),
            "pages": sorted(str(page.relative_to(self.root)) for page in pages),
            **{name: (self.root / name).read_text() for name in ("marks.csv", "grades.csv")},
        }


def _rows(database: str, table: str) -> list[tuple]:
    return _tables(database, [table])[table]


def _tables(database: str, only: Sequence[str] | None = None) -> dict[str, list[tuple]]:
    engine, found = create_engine(database), MetaData()
    found.reflect(engine, only=only)
    with engine.connect() as connection:
        rows = {
            name: sorted((tuple(row) for row in connection.execute(select(table))), key=str)
            for name, table in found.tables.items()
        }
    engine.dispose()
    return rows


def _gradebook(database: str) -> dict[str, object]:
    """Everybody's marks and comments, the automatic ones and those by hand."""
    with Gradebook(database) as gradebook:
        return {
            submission.student.id: (
                submission.score,
                str(submission.timestamp),
                [
                    sorted(str((g.name, g.auto_score, g.manual_score, g.score, g.max_score,
                                g.extra_credit, g.needs_manual_grade)) for g in n.grades)
                    + sorted(str((c.name, c.auto_comment, c.manual_comment)) for c in n.comments)
                    for n in submission.notebooks
                ],
            )
            for submission in gradebook.assignment_submissions(NOTEBOOK)
        }  # fmt: skip


def mark_by_hand(small: SmallClass, student: str, points: float, comment: str) -> None:
    """Give a student's first exercise other points and a comment, as in formgrader."""
    with Gradebook(small.database) as gradebook:
        notebook = gradebook.find_submission_notebook(NOTEBOOK, NOTEBOOK, student)
        notebook.grades[0].manual_score = points
        notebook.comments[0].manual_comment = comment
        gradebook.db.commit()


def prepare(folder: Path) -> SmallClass:
    """A class of five; one is marked already, also by hand, and four are still to mark."""
    others, first = folder / "others", folder / "first"
    make_class(others, [NOTEBOOK])
    (first / "submitted").mkdir(parents=True)
    shutil.move(others / "submitted" / EARLY, first / "submitted")
    small = SmallClass(first, time.time())
    small.run()
    mark_by_hand(small, EARLY, 2.5, "Come and see me.")
    shutil.copytree(others / "submitted", first / "submitted", dirs_exist_ok=True)
    twin = small.path("submitted", "fay-twin")
    twin.parent.mkdir(parents=True)
    shutil.copy(small.path("submitted", EARLY), twin)
    return small


def undisturbed(small: SmallClass) -> list[float]:
    """Mark to the end; how long each step took, in seconds."""
    begin, at = time.time(), [time.monotonic()]
    process = small.start()
    while process.poll() is None:
        now = small.steps(begin)
        at += [time.monotonic()] * (now + 1 - len(at))
        time.sleep(LOOK)
    if process.returncode:
        raise RuntimeError(small.said)
    at.append(time.monotonic())
    return [later - earlier for earlier, later in itertools.pairwise(at)]


def kill(small: SmallClass, moment: Moment, took: Sequence[float]) -> str:
    """Kill a run at this moment; returns what was there then. What it started has to end, too."""
    begin = time.time()
    process = small.start()
    while (steps := small.steps(begin)) < moment.steps and process.poll() is None:
        time.sleep(LOOK)
    time.sleep(moment.part * took[min(steps, len(took) - 1)])
    if process.poll() is not None:  # it was quicker this time
        return kill(small, replace(moment, part=moment.part / 2), took)
    main = psutil.Process(process.pid)
    main.suspend()  # so that it starts nothing that is not seen here
    started = main.children(recursive=True)
    (os.kill if moment.alone else os.killpg)(process.pid, signal.SIGKILL)
    process.wait()
    _, left = psutil.wait_procs(started, timeout=120)
    if left:
        raise RuntimeError(f"These run on: {[process.cmdline() for process in left]}")
    return (
        f"after {time.time() - begin:.1f} s, {small.left()}; "
        f"{'one process' if moment.alone else f'all {len(started) + 1} processes'} killed"
    )


def restarted(small: SmallClass, when: Sequence[Moment], took: Sequence[float]) -> Iterator[str]:
    """Kill runs at these moments, then mark to the end; gives what was there at each kill.

    Raises RuntimeError if what was marked already is marked again.
    """
    for moment in (*when, None):
        before = small.marked()
        if moment:
            yield kill(small, moment, took)
        else:
            small.run()
        if not before.items() <= small.marked().items():
            raise RuntimeError(f"Marked again: {before} and then {small.marked()}")


def main(number: int) -> None:
    """Kill so many runs, a few in each of several classes, and print what became of them."""
    with tempfile.TemporaryDirectory() as name:
        small = prepare(Path(name))
        calm = small.copy(Path(name, "calm"))
        took = undisturbed(calm)
        expected = calm.results()
        print(f"undisturbed: {len(took) - 1} steps in {sum(took):.0f} s", flush=True)
        same = 0
        for first in range(0, number, IN_ONE):
            kills = min(IN_ONE, number - first)
            killed = small.copy(Path(name, f"from {first}"))
            words = restarted(killed, moments(first, kills, len(took) - 1), took)
            for count, sentence in enumerate(words, start=first + 1):
                print(f"{count:>2} {sentence}", flush=True)
            results = killed.results()
            same += kills * (results == expected)
            for part in expected:
                if results[part] != expected[part]:
                    print(f"   {part}: {results[part]}\n   and not {expected[part]}")
    print(f"{same} of {number} ended in the same gradebook")
    sys.exit(same != number)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)

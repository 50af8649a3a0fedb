"""Mark a class: ``python -m course_tools.grade``.

Marks what lies under submitted/STUDENT/NOTEBOOK/NOTEBOOK.ipynb, or a small example class if nothing
does. Each submission runs in a jail of its own; its marks come from outside of it. What is marked
already, and has not changed, is left as it is, so after an interruption the same call goes on.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbgrader.apps import NbGraderAPI
from sqlalchemy.exc import DBAPIError
from tqdm import tqdm

from course_tools.example_class import make_class
from course_tools.gradebook import ROOT, open_course
from course_tools.kernels.client import forkserver
from course_tools.kernels.jail import NoJail
from course_tools.marking import workers
from course_tools.marking.course import given, names
from course_tools.marking.execute import Execution
from course_tools.marking.interrupts import none_lost, raise_if_caught
from course_tools.marking.ledger import Ledger, Stopped, alone
from course_tools.marking.outcome import Incident, Outcome, printable
from course_tools.marking.preprocessors import READY, marked
from course_tools.marking.restore import changes, restored
from course_tools.marking.session import Limits
from course_tools.marking.submissions import Submission, find_submissions
from course_tools.marking.summary import tell
from course_tools.marking.verdicts import Trial, prepare

RELEASE, RESTORED = "build/release", "build/submitted"


@dataclass(frozen=True)
class Settings:
    """How a class is marked.

    ``workers`` execute at once (0: one per core), here or on the Dask cluster of ``scheduler``.
    ``database`` is the gradebook's URL (default: gradebook.db in the class's folder). ``again``
    marks what is marked already anew. ``jail`` False runs submissions with the instructor's rights.
    """

    limits: Limits = field(default_factory=Limits)
    workers: int = 0
    scheduler: str = ""
    database: str = ""
    again: bool = False
    jail: bool = True


@dataclass(frozen=True)
class Marking:
    """A submission under way: restored, with its trial and what had become of its graded cells."""

    submission: Submission
    trial: Trial
    restored: list[Incident]


def exercise_cells() -> dict[str, set[str]]:
    """For each notebook of the course the ids of its solution and test cells."""
    return {
        name: {
            cell.metadata.nbgrader.grade_id
            for cell in given(name).notebook.cells
            if "nbgrader" in cell.metadata
        }
        for name in names()
    }


def grade(root: Path, settings: Settings | None = None) -> list[Outcome]:
    """Mark everything under ``root``/submitted and report; returns an outcome per submission.

    Raises NoJail if there can be no jail, before anything is touched.
    """
    settings = settings or Settings()
    if settings.jail and not settings.scheduler:
        forkserver(jailed=True)
    submissions = find_submissions(root / "submitted", exercise_cells())
    nbgrader = open_course(root, release=RELEASE, submitted=RESTORED, database=settings.database)
    with nbgrader.gradebook:
        pass  # raises what nbgrader would bury, if the gradebook cannot be opened
    for notebook in sorted({s.notebook for s in submissions if not s.problem}):
        result = nbgrader.generate_assignment(notebook)  # writes it into the gradebook
        raise_if_caught(result)
        if not result["success"]:
            raise SystemExit(f"nbgrader does not know {notebook}:\n{result.get('log')}")
    outcomes = sorted(
        _outcomes(root, nbgrader, submissions, settings),
        key=lambda outcome: (outcome.student, outcome.notebook),
    )
    tell(root, nbgrader, outcomes, settings.workers)
    return outcomes


def _outcomes(
    root: Path, nbgrader: NbGraderAPI, submissions: list[Submission], settings: Settings
) -> Iterator[Outcome]:
    """Each submission's outcome: known from before, or from marking it now."""
    ledger = Ledger(nbgrader.coursedir.db_url)
    known = {} if settings.again else ledger.outcomes()
    done = root / "autograded"
    todo = []
    for submission in submissions:
        whose = (submission.student, submission.notebook)
        if submission.problem:
            yield Outcome(*whose, problem=submission.problem)
        elif known.get(whose, ("",))[0] == submission.digest and _path(done, submission).exists():
            yield known[whose][1]
        else:
            todo.append(submission)
    unfit: list[tuple[Submission, Exception]] = []
    jobs = _jobs(root, todo, ledger.key, settings, unfit)
    bar = tqdm(total=len(todo), desc="marking", file=sys.stdout, unit="notebook", disable=not todo)
    with bar, _workers(settings) as executing:
        for marking, execution in workers.executed(
            executing, jobs, lambda running: bar.set_postfix_str(_students(running))
        ):
            if isinstance(execution, NoJail):
                raise execution
            outcome = _record(nbgrader, marking, execution)
            if not outcome.problem:
                ledger.write(marking.submission.digest, outcome)
            bar.update()
            yield outcome
        for submission, error in unfit:
            bar.update()
            yield _failed(submission, error)
    ledger.close()


def _jobs(
    root: Path,
    todo: list[Submission],
    key: str,
    settings: Settings,
    unfit: list[tuple[Submission, Exception]],
) -> Iterator[tuple[Marking, object]]:
    """Restore, plan and draw cases for each submission, when a worker is free for it."""
    for submission in todo:
        try:
            marking = _restore(root, submission, key, settings)
        except Exception as error:  # one submission must not stop the class
            unfit.append((submission, error))
        else:
            yield marking, marking.trial.job


def _restore(root: Path, submission: Submission, key: str, settings: Settings) -> Marking:
    """Write the restored notebook to where nbgrader looks for it; nothing else comes along."""
    course = given(submission.notebook)
    notebook = nbformat.read(_path(root / "submitted", submission), as_version=4)
    fit = restored(notebook, course.notebook)
    target = _path(root / RESTORED, submission)
    target.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(fit, target)
    trial = prepare(fit, course.notebook, key, settings.limits, settings.jail)
    return Marking(submission, trial, changes(notebook, course.notebook, course.visible))


def _path(folder: Path, submission: Submission) -> Path:
    name = submission.notebook
    return folder / submission.student / name / f"{name}.ipynb"


def _workers(settings: Settings):
    if settings.scheduler:
        return workers.cluster(settings.scheduler)
    return workers.local(settings.workers)


def _students(running: list[Marking]) -> str:
    return printable(", ".join(marking.submission.student[:20] for marking in running[:3]))


def _record(nbgrader: NbGraderAPI, marking: Marking, execution: Execution | Exception) -> Outcome:
    """Judge, and let nbgrader write the marks and the marked notebook."""
    submission = marking.submission
    whose = (submission.student, submission.notebook)
    if isinstance(execution, Exception):
        return _failed(submission, execution)
    try:
        done = READY[whose] = marked(marking.trial, execution)
        result = nbgrader.autograde(submission.notebook, submission.student)
    except Exception as error:
        return _failed(submission, error)
    finally:
        READY.pop(whose, None)
    raise_if_caught(result)
    if not result["success"]:
        lines = [line for line in result.get("log", "").splitlines() if "Error" in line]
        reason = lines[-1].strip() if lines else "no reason given"
        return Outcome(*whose, problem=f"nbgrader could not mark it: {reason}.")
    return Outcome(*whose, marks=done.marks, incidents=(*marking.restored, *done.incidents))


def _failed(submission: Submission, error: Exception) -> Outcome:
    problem = f"could not be marked ({type(error).__name__}: {error})."
    return Outcome(submission.student, submission.notebook, problem=problem)


def main() -> None:
    """Mark the class under submitted/, or the example class."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("root", nargs="?", type=Path, default=ROOT, help="the folder of the class")
    parser.add_argument("--workers", type=int, default=0, help="kernels at once (one per core)")
    parser.add_argument("--scheduler", default="", metavar="ADDRESS", help="use a Dask cluster")
    parser.add_argument("--database", default="", metavar="URL", help="gradebook elsewhere")
    parser.add_argument("--again", action="store_true", help="mark what is marked already, too")
    parser.add_argument(
        "--without-jail",
        action="store_true",
        help="run submissions with your rights: only for people you trust",
    )
    options = parser.parse_args()
    settings = Settings(
        workers=options.workers,
        scheduler=options.scheduler,
        database=options.database,
        again=options.again,
        jail=not options.without_jail,
    )
    root = options.root.resolve()
    submitted = root / "submitted"
    if not (submitted.is_dir() and any(submitted.iterdir())):
        print(f"There is nothing under {submitted}: marking a small example class instead.")
        root = ROOT / "build" / "example_class"
        make_class(root)
    try:
        with alone(root), none_lost():
            grade(root, settings)
    except NoJail as error:
        raise SystemExit(
            f"{error}. Or call python -m course_tools.grade --without-jail, which runs the "
            "submissions with all your rights, only if you trust every student."
        ) from None
    except (workers.NoCluster, Stopped) as error:
        raise SystemExit(f"\n{error}") from None
    except (OSError, DBAPIError) as error:
        reason = str(getattr(error, "orig", error)).splitlines()[0]
        raise SystemExit(
            f"\nStopped: {reason}. What is marked is in the gradebook; mend this, and call "
            "make grade again to go on."
        ) from None
    except KeyboardInterrupt:
        raise SystemExit(
            "\nStopped. What is marked is in the gradebook; call make grade again to go on."
        ) from None


if __name__ == "__main__":
    main()

"""Mark a class: ``python -m course_tools.grade``.

Marks what lies under submitted/STUDENT/NOTEBOOK/NOTEBOOK.ipynb, or a small example class if
nothing does, with nbgrader. Prints a table, and writes marks.csv and feedback pages. A submission
that cannot be marked is reported and harms no other.
"""

import csv
import sys
from pathlib import Path

import nbformat
from nbgrader.api import MissingEntry
from nbgrader.apps import NbGraderAPI
from tqdm import tqdm

from course_tools.example_class import make_class
from course_tools.gradebook import ROOT, SOLUTIONS, open_course
from course_tools.restore import restored
from course_tools.submissions import Submission, find_submissions

RELEASE, RESTORED = "build/release", "build/submitted"

Marks = dict[str, tuple[float, float]]
"""Exercise -> (marks, marks to earn)."""


def exercise_cells() -> dict[str, set[str]]:
    """For each notebook of the course the ids of its solution and test cells."""
    ids = {}
    for path in sorted(SOLUTIONS.glob("*/*.ipynb")):
        cells = nbformat.read(path, as_version=4).cells
        ids[path.stem] = {
            cell.metadata.nbgrader.grade_id for cell in cells if "nbgrader" in cell.metadata
        }
    return ids


def prepare(root: Path, submission: Submission) -> None:
    """Write the restored notebook to where nbgrader looks for it; nothing else comes along."""
    name = submission.notebook
    # Not from notebooks/: the instructor may have solved exercises there.
    given = nbformat.read(root / RELEASE / name / f"{name}.ipynb", as_version=4)
    place = Path(submission.student) / name / f"{name}.ipynb"
    notebook = nbformat.read(root / "submitted" / place, as_version=4)
    target = root / RESTORED / place
    target.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(restored(notebook, given), target)


def mark(nbgrader: NbGraderAPI, submission: Submission) -> str:
    """Run nbgrader on one submission; returns why it failed, in one sentence, or ""."""
    for step in (nbgrader.autograde, nbgrader.generate_feedback):
        result = step(submission.notebook, submission.student)
        if "KeyboardInterrupt" in result.get("error", ""):
            raise KeyboardInterrupt
        if not result["success"]:
            log = result.get("log", "")
            if "DeadKernelError" in log:
                return "its code ended Python (os._exit, or all memory used): nothing is marked."
            errors = [line for line in log.splitlines() if "Error" in line]
            reason = errors[-1].strip() if errors else "no reason given"
            return f"nbgrader could not mark it: {reason}."
    return ""


def marks_of(nbgrader: NbGraderAPI, submission: Submission) -> Marks:
    """The marks in the gradebook, in the order of the notebook; {} if there are none."""
    marks: Marks = {}
    with nbgrader.gradebook as gradebook:
        try:
            entry = gradebook.find_submission_notebook(
                submission.notebook, submission.notebook, submission.student
            )
        except MissingEntry:
            return {}
        order = {cell.name: place for place, cell in enumerate(entry.notebook.source_cells)}
        for grade in sorted(entry.grades, key=lambda grade: order.get(grade.name, 0)):
            marks[grade.name.replace("-test", "")] = (grade.score, grade.max_score)
    return marks


def print_table(notebook: str, rows: dict[str, Marks]) -> None:
    """Print the marks of one notebook: a numbered list of exercises, then a row per student."""
    exercises = next(iter(rows.values()))
    print(f"\n{notebook}")
    for number, (exercise, (_, most)) in enumerate(exercises.items(), start=1):
        print(f"  {number}  {exercise} ({most:g})")
    width = max(len(student) for student in rows)
    heads = "".join(f"{number:>5}" for number in range(1, len(exercises) + 1))
    print(f"  {'':{width}}{heads}   total")
    for student, marks in rows.items():
        points = "".join(f"{got:5g}" for got, _ in marks.values())
        got, most = (sum(values) for values in zip(*marks.values(), strict=True))
        print(f"  {student:{width}}{points}   {got:g} of {most:g}")


def write_csv(path: Path, results: list[tuple[Submission, Marks]]) -> None:
    """Write a row per submission and exercise; what could not be marked has its reason."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("student", "notebook", "exercise", "marks", "of", "problem"))
        for submission, marks in results:
            who = (submission.student, submission.notebook)
            if submission.problem:
                writer.writerow((*who, "", "", "", submission.problem))
            for exercise, (got, most) in marks.items():
                writer.writerow((*who, exercise, f"{got:g}", f"{most:g}", ""))


def grade(root: Path) -> list[tuple[Submission, Marks]]:
    """Mark everything under ``root``/submitted and report; returns what was found."""
    submissions = find_submissions(root / "submitted", exercise_cells())
    nbgrader = open_course(root, release=RELEASE, submitted=RESTORED)
    for notebook in sorted({s.notebook for s in submissions if not s.problem}):
        result = nbgrader.generate_assignment(notebook)  # writes it into the gradebook
        if not result["success"]:
            raise SystemExit(f"nbgrader does not know {notebook}:\n{result.get('log')}")

    results: list[tuple[Submission, Marks]] = []
    bar = tqdm(submissions, "marking", file=sys.stdout, unit="notebook")
    for submission in bar:
        bar.set_postfix_str(submission.student)
        if not submission.problem:
            try:
                prepare(root, submission)
                problem = mark(nbgrader, submission)
            except Exception as error:  # one submission must not stop the class
                problem = f"could not be marked ({type(error).__name__}: {error})."
            submission = Submission(submission.student, submission.notebook, problem)
        marks = {} if submission.problem else marks_of(nbgrader, submission)
        results.append((submission, marks))

    for notebook in sorted({submission.notebook for submission, marks in results if marks}):
        rows = {s.student: marks for s, marks in results if marks and s.notebook == notebook}
        print_table(notebook, rows)
    problems = [submission for submission, _ in results if submission.problem]
    if problems:
        print("\nNot marked:")
    for submission in problems:
        print(f"  {submission.student} {submission.notebook}: {submission.problem}")
    write_csv(root / "marks.csv", results)
    print(f"\nMarks: {root / 'marks.csv'}\nFeedback pages: {root / 'feedback'}")
    return results


def main() -> None:
    """Mark the class under submitted/, or the example class."""
    submitted, root = ROOT / "submitted", ROOT
    if not (submitted.is_dir() and any(submitted.iterdir())):
        print("There is nothing under submitted/: marking a small example class instead.")
        root = ROOT / "build" / "example_class"
        make_class(root)
    try:
        grade(root)
    except KeyboardInterrupt:
        raise SystemExit(
            "\nStopped. The marks so far are in the gradebook; call make grade again to mark all."
        ) from None


if __name__ == "__main__":
    main()

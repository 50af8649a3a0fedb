"""Feedback pages, made by nbgrader in several processes, and only where something has changed."""

import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from joblib import Parallel, delayed
from joblib.externals.loky import get_reusable_executor
from nbgrader.api import Gradebook, MissingEntry
from tqdm import tqdm

from course_tools.gradebook import open_course
from course_tools.marking.interrupts import not_for_children, raise_if_caught
from course_tools.marking.outcome import printable

Whose = tuple[str, str]
"""Student and notebook."""


def write_feedback(root: Path, all_marked: Sequence[Whose], database: str, workers: int) -> None:
    """Bring the pages below ``root``/feedback up to date."""
    digests = {whose: _digest(root, whose, database) for whose in all_marked}
    stale = [whose for whose in all_marked if not _is_current(root, whose, digests[whose])]
    workers = min(workers, len(stale) // 4 + 1)  # starting one takes as long as some pages
    with not_for_children():
        made = Parallel(workers, return_as="generator", idle_worker_timeout=5)(
            delayed(_page)(root, database, whose) for whose in stale
        )
    bar = tqdm(made, "feedback", len(stale), file=sys.stdout, unit="page", disable=not stale)
    try:
        for whose, problem in zip(stale, bar, strict=True):
            if problem:
                tqdm.write(printable(f"No feedback page for {' '.join(whose)}: {problem}"))
            else:
                with _path(root, whose).open("a") as page:
                    page.write(_mark(digests[whose]))
    finally:
        get_reusable_executor().shutdown(kill_workers=True)


def _page(root: Path, database: str, whose: Whose) -> str:
    """Let nbgrader make one page; returns why it could not, or ""."""
    student, notebook = whose
    result = open_course(root, database=database).generate_feedback(notebook, student)
    raise_if_caught(result)
    if result["success"]:
        return ""
    lines = [line for line in result.get("log", "").splitlines() if "Error" in line]
    return lines[-1] if lines else "nbgrader gave no reason."


def _path(root: Path, whose: Whose) -> Path:
    student, notebook = whose
    return root / "feedback" / student / notebook / f"{notebook}.html"


def _digest(root: Path, whose: Whose, database: str) -> str:
    """Digest of what a page is made from: the marked notebook, and all marks and comments."""
    student, notebook = whose
    path = root / "autograded" / student / notebook / f"{notebook}.ipynb"
    content = hashlib.sha256(path.read_bytes() if path.exists() else b"")
    with Gradebook(database) as gradebook:
        try:
            entry = gradebook.find_submission_notebook(notebook, notebook, student)
        except MissingEntry:
            return ""
        marks = [[g.name, g.score, g.max_score] for g in entry.grades]
        comments = [[c.name, c.comment] for c in entry.comments]
    content.update(json.dumps([sorted(marks), sorted(comments, key=str)]).encode())
    return content.hexdigest()


def _mark(digest: str) -> str:
    return f"\n<!-- made from {digest} -->\n"


def _is_current(root: Path, whose: Whose, digest: str) -> bool:
    """Whether the page is there, whole, and made from what there is now."""
    path = _path(root, whose)
    return path.exists() and path.read_bytes().endswith(_mark(digest).encode())

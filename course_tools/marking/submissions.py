"""What lies under submitted/, and what is wrong with it before any of it is run."""

import hashlib
import json
import stat
from dataclasses import dataclass
from pathlib import Path

import nbformat

from course_tools.marking.outcome import printable
from course_tools.marking.restore import graded_id

LARGEST_FILE = 100 << 20  # bytes


@dataclass(frozen=True)
class Submission:
    """One student's notebook; ``problem`` says in one sentence why it cannot be marked.

    ``digest`` is that of the file, if it can be marked.
    """

    student: str
    notebook: str
    problem: str = ""
    digest: str = ""


def find_submissions(submitted: Path, grade_ids: dict[str, set[str]]) -> list[Submission]:
    """Look through submitted/STUDENT/NOTEBOOK/NOTEBOOK.ipynb.

    ``grade_ids`` maps each notebook of the course to the ids of its exercise cells.
    """
    found = []
    for student in sorted(path for path in submitted.iterdir() if not path.name.startswith(".")):
        problem = ""
        if not student.is_dir():
            problem = f"is a file; submissions belong under {submitted.name}/STUDENT/NOTEBOOK/."
        elif not _is_plain(student.name):
            problem = "has a name that nbgrader cannot use: rename the folder, without *?[]."
        elif student.is_symlink():
            problem = "is a link, and links are not followed: put the folder itself here."
        if problem:
            found.append(Submission(student.name, "", problem))
            continue
        try:
            folders = sorted(path for path in student.iterdir() if not path.name.startswith("."))
            if not folders:
                found.append(
                    Submission(student.name, "", "handed in nothing: the folder is empty.")
                )
            for folder in folders:
                problem = problem_with(folder, grade_ids)
                digest = "" if problem else digest_of(folder / f"{folder.name}.ipynb")
                found.append(Submission(student.name, folder.name, problem, digest))
        except OSError as error:
            problem = f"the folder cannot be read: {error.strerror}."
            found.append(Submission(student.name, "", problem))
    return found


def _is_plain(name: str) -> bool:
    """Whether nbgrader, which looks for files by patterns, finds a folder of this name."""
    fits = 0 < len(name) <= 120 and name == name.strip() and name.isprintable()
    return fits and not set(name) & set("*?[]")


def digest_of(path: Path) -> str:
    """Digest of a file's content."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def problem_with(folder: Path, grade_ids: dict[str, set[str]]) -> str:
    """Why ``folder``, submitted/STUDENT/NOTEBOOK, cannot be marked; "" if it can."""
    name = folder.name
    path = folder / f"{name}.ipynb"
    if not folder.is_dir():
        return f"is a file; put it into a folder of the notebook's name: {folder.stem}/{name}."
    if name not in grade_ids:
        return f"is no notebook of this course; the names are {', '.join(grade_ids)}."
    if folder.is_symlink() or path.is_symlink():
        return "is a link, and links are not followed: ask for the file itself."
    if path.exists() and not stat.S_ISREG(path.stat().st_mode):
        return f"{path.name} is no file: ask for the notebook again."
    if not path.is_file():
        others = ", ".join(sorted(other.name for other in folder.glob("*.ipynb"))) or "none"
        return printable(f"{path.name} is missing; notebooks in the folder: {others}.")
    if path.stat().st_size > LARGEST_FILE:
        return f"{path.name} has more than {LARGEST_FILE >> 20} MB: ask for it without outputs."
    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    except (json.JSONDecodeError, UnicodeDecodeError, nbformat.reader.NotJSONError):
        return f"{path.name} is damaged (not JSON): ask for the file again."
    except OSError as error:
        return f"{path.name} cannot be read: {error.strerror}."
    except Exception:
        return f"{path.name} is JSON, but not a notebook: ask for the file again."
    if not any(graded_id(cell, grade_ids[name]) for cell in notebook.cells):
        return f"{path.name} holds no exercise of this course: is it another course's notebook?"
    return ""

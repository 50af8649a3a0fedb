"""What lies under submitted/, and what is wrong with it before any of it is run."""

import json
from dataclasses import dataclass
from pathlib import Path

import nbformat

from course_tools.restore import graded_id


@dataclass(frozen=True)
class Submission:
    """One student's notebook; ``problem`` says in one sentence why it cannot be marked."""

    student: str
    notebook: str
    problem: str = ""


def find_submissions(submitted: Path, grade_ids: dict[str, set[str]]) -> list[Submission]:
    """Look through submitted/STUDENT/NOTEBOOK/NOTEBOOK.ipynb.

    ``grade_ids`` maps each notebook of the course to the ids of its exercise cells.
    """
    found = []
    for student in sorted(path for path in submitted.iterdir() if not path.name.startswith(".")):
        if not student.is_dir():
            problem = f"is a file; submissions belong under {submitted.name}/STUDENT/NOTEBOOK/."
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
                found.append(Submission(student.name, folder.name, problem))
        except OSError as error:
            problem = f"the folder cannot be read: {error.strerror}."
            found.append(Submission(student.name, "", problem))
    return found


def problem_with(folder: Path, grade_ids: dict[str, set[str]]) -> str:
    """Why ``folder``, submitted/STUDENT/NOTEBOOK, cannot be marked; "" if it can."""
    name = folder.name
    path = folder / f"{name}.ipynb"
    if not folder.is_dir():
        return f"is a file; put it into a folder of the notebook's name: {folder.stem}/{name}."
    if name not in grade_ids:
        return f"is no notebook of this course; the names are {', '.join(grade_ids)}."
    if not path.is_file():
        others = ", ".join(sorted(other.name for other in folder.glob("*.ipynb"))) or "none"
        return f"{path.name} is missing; notebooks in the folder: {others}."
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

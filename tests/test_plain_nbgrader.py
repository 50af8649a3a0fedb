"""Plain `nbgrader autograde` and formgrader mark as `make grade` does, in the jail too."""

import shutil
import subprocess
import sys

import pytest
from nbgrader.api import Gradebook

from course_tools.example_class import answer, make_class, right_answers
from course_tools.grade import grade
from course_tools.gradebook import ROOT, SOLUTIONS
from jailed import needs_jail
from lab_server import ENVIRONMENT, PROGRAMS, LabServer

needs_jail()

NAME = "01_conditional_classifier"
LATER = "ivy-later"
CONFIGURATION = f"""
load_subconfig("nbgrader_config.py", path={str(ROOT)!r})
c = get_config()
c.CourseDirectory.source_directory = {str(SOLUTIONS)!r}
c.CourseDirectory.release_directory = "release"
"""
LOOKS_AROUND = f"""
from pathlib import Path
for secret in (Path({str(SOLUTIONS)!r}), Path({str(ROOT)!r}, "tests"), Path("OTHERS")):
    assert not secret.exists(), secret
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A course's folder with a class, as nbgrader knows it, marked by plain nbgrader."""
    root = tmp_path_factory.mktemp("plain")
    make_class(root, [NAME])
    shutil.rmtree(root / "submitted" / "eva-broken")  # plain nbgrader would stop at it
    blank = (ROOT / "notebooks" / NAME / f"{NAME}.ipynb").read_text()
    right = right_answers(NAME)
    looks = LOOKS_AROUND.replace("OTHERS", str(root / "submitted" / "ada-right"))
    odd = {"one-hot": "import os; os._exit(1)", "inject-label": looks + right["inject-label"]}
    hand_in(root, "gil-odd", blank, {**right, **odd})
    (root / "nbgrader_config.py").write_text(CONFIGURATION)
    given = nbgrader(root, "generate_assignment")
    assert given.returncode == 0, given.stderr
    done = nbgrader(root, "autograde")
    assert done.returncode == 0, done.stderr
    return root


def hand_in(root, student, blank, answers):
    folder = root / "submitted" / student / NAME
    folder.mkdir(parents=True)
    (folder / f"{NAME}.ipynb").write_text(answer(blank, answers))


def nbgrader(root, command, *options, **variables):
    """An nbgrader command for the notebook NAME, as an instructor would call it there."""
    return subprocess.run(
        [sys.executable, "-m", "nbgrader", command, NAME, *options],
        cwd=root,
        env={**ENVIRONMENT, **variables},
        capture_output=True,
        text=True,
    )


def marks_in(root):
    """The marks in the gradebook, by student and grade id."""
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
        return {
            submission.student.id: {g.name: g.score for g in submission.notebooks[0].grades}
            for submission in gradebook.assignment_submissions(NAME)
        }


@pytest.fixture(scope="module")
def by_make_grade(root, tmp_path_factory):
    """The marks that `make grade` gives the same class."""
    other = tmp_path_factory.mktemp("make-grade")
    shutil.copytree(root / "submitted", other / "submitted")
    return {
        outcome.student: {name: mark.points for name, mark in outcome.marks.items()}
        for outcome in grade(other)
    }


def test_plain_nbgrader_gives_the_same_marks(root, by_make_grade):
    marks = marks_in(root)
    assert {student: marks[student] for student in by_make_grade} == by_make_grade
    assert len(by_make_grade) == 5 and set(marks["dot-blank"].values()) == {0}


def test_a_killing_exercise_costs_itself_alone_and_the_jail_shows_no_secrets(root):
    """An answer that finds the solutions, the tests or another's work would end in an error."""
    marks = marks_in(root)
    right, odd = marks["ada-right"], marks["gil-odd"]
    assert {name for name in right if odd[name] != right[name]} == {"one-hot-test"}


def test_without_a_jail_it_says_what_to_install_and_marks_nothing(root):
    shutil.copytree(root / "submitted" / "ada-right", root / "submitted" / "jon-early")
    done = nbgrader(root, "autograde", "--student=jon-early", PATH=PROGRAMS)  # no bwrap is there
    assert done.returncode == 1
    assert "bubblewrap is missing: install it (Debian, Ubuntu: sudo apt install" in done.stderr
    assert not (root / "autograded" / "jon-early" / NAME / f"{NAME}.ipynb").exists()
    assert set(marks_in(root)["jon-early"].values()) == {0}


@pytest.fixture(scope="module")
def server(root, tmp_path_factory):
    found = LabServer(root, tmp_path_factory.mktemp("jupyter"))
    yield found
    found.close()


def test_formgrader_gives_the_same_marks_and_its_server_goes_on(root, server, by_make_grade):
    shutil.copytree(root / "submitted" / "ben-partly-right", root / "submitted" / LATER)
    path = f"formgrader/api/submission/{NAME}/{LATER}/autograde"
    reply = server.ask(path, "POST", {})
    assert reply["success"], reply
    assert marks_in(root)[LATER] == by_make_grade["ben-partly-right"]
    assert server.answers()


def test_other_kernels_of_that_server_are_not_jailed(server):
    code = f"from pathlib import Path; print(Path({str(SOLUTIONS)!r}).is_dir())"
    assert server.run(code) == "True\n"

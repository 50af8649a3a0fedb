"""`make grade`, from what lies under submitted/ to marks, CSV and feedback pages."""

import csv
import html
import json
import os
import re

import nbformat
import pytest
from nbgrader.validator import Validator
from traitlets.config import PyFileConfigLoader

from course_tools.example_class import make_class
from course_tools.grade import exercise_cells, grade
from course_tools.gradebook import ROOT
from course_tools.marking.ledger import Stopped, alone
from course_tools.marking.outcome import Outcome
from course_tools.marking.submissions import find_submissions
from course_utils.exercises import EXERCISES
from jailed import needs_jail

needs_jail()

NAME = "01_conditional_classifier"
STUDENTS = ("ada-right", "ben-partly-right", "cem-wrong", "dot-blank", "eva-broken")


@pytest.fixture(scope="module")
def marked(tmp_path_factory):
    """The example class, marked once: its folder and what grade returned and printed."""
    root = tmp_path_factory.mktemp("class")
    make_class(root, [NAME])
    # One more: the right notebook, with what happens in real classes.
    right = root / "submitted" / "ada-right" / NAME / f"{NAME}.ipynb"
    notebook = nbformat.read(right, as_version=4)
    for index, cell in enumerate(notebook.cells):
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        if grade_id == "one-hot":
            cell.source += "\nimport warnings; warnings.warn('careful'); print('my own print')"
        if grade_id == "one-hot-test":
            cell.source = "check = grade = None  # an edited test cell is restored"
        if grade_id == "inject-label-test":
            missing = index
    del notebook.cells[missing]
    folder = root / "submitted" / "fay-odd" / NAME
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / f"{NAME}.ipynb")
    return root, {outcome.student: outcome for outcome in grade(root)}


def total(outcome: Outcome) -> tuple[float, float]:
    marks = outcome.marks.values()
    return sum(mark.points for mark in marks), sum(mark.most for mark in marks)


def test_the_right_submission_gets_full_marks_and_the_blank_one_none(marked):
    results = marked[1]
    got, most = total(results["ada-right"])
    assert got == most > 30
    assert total(results["dot-blank"]) == (0, most)


def test_partial_credit_lies_between(marked):
    results = marked[1]
    partly, wrong = total(results["ben-partly-right"]), total(results["cem-wrong"])
    assert wrong[0] < partly[0] < partly[1]
    assert 0 < wrong[0] < 0.25 * wrong[1]


def test_the_broken_submission_is_reported_and_harms_nobody(marked):
    outcome = marked[1]["eva-broken"]
    assert outcome.problem == f"{NAME}.ipynb is damaged (not JSON): ask for the file again."
    assert outcome.marks == {}
    assert set(marked[1]) == {*STUDENTS, "fay-odd"}


def test_warnings_prints_and_edited_or_missing_tests_cost_nothing(marked):
    got, most = total(marked[1]["fay-odd"])
    assert got == most


def test_what_had_become_of_test_cells_is_told(marked):
    told = {(incident.cell, incident.kind) for incident in marked[1]["fay-odd"].incidents}
    assert told == {("one-hot-test", "restored"), ("inject-label-test", "restored")}
    assert not marked[1]["ada-right"].incidents


def test_the_csv_has_every_mark_and_every_problem(marked):
    root, results = marked
    with (root / "marks.csv").open() as file:
        rows = list(csv.DictReader(file))
    for student, outcome in results.items():
        own = [row for row in rows if row["student"] == student]
        assert {row["exercise"]: float(row["marks"]) for row in own if row["exercise"]} == {
            name.replace("-test", ""): mark.points for name, mark in outcome.marks.items()
        }
        assert outcome.problem in {row["problem"] for row in own}


def test_the_totals_are_there_for_the_lms(marked):
    root, results = marked
    with (root / "grades.csv").open(encoding="utf-8-sig") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert set(rows) == set(results)
    got, most = total(results["ben-partly-right"])
    assert float(rows["ben-partly-right"][f"{NAME} (of {most})"]) == got


def test_the_report_names_students_and_incidents(marked):
    text = (marked[0] / "report" / "index.html").read_text()
    assert "fay-odd" in text and "one-hot-test" in text and "was edited" in text


def test_feedback_shows_criteria_and_messages_and_no_hidden_test(marked):
    root, _ = marked
    page = (root / "feedback" / "cem-wrong" / NAME / f"{NAME}.html").read_text()
    text = re.sub(r"<[^>]+>", "", page)
    assert "leave the softmax out" in text
    assert "the two are swapped" in html.unescape(text)
    assert "points)" in text
    assert "script" not in re.findall(r"<(\w+)", page.split("<body", 1)[1])
    assert "HIDDEN" not in text
    assert not re.search(r"\bgrade\s*\(", text)
    for line in ("expect_close", "draw_one_hot", "solve_one_hot"):
        assert line not in page


IN_FIRST = sum(package == "classifier" for package in EXERCISES.values())


@pytest.mark.parametrize(("student", "failing"), [("ada-right", 0), ("cem-wrong", IN_FIRST)])
def test_validate_agrees_with_the_checks(marked, student, failing):
    """What the button Validate in JupyterLab runs."""
    path = marked[0] / "submitted" / student / NAME / f"{NAME}.ipynb"
    config = PyFileConfigLoader("nbgrader_config.py", path=str(ROOT)).load_config()
    failed = Validator(config=config).validate(str(path)).get("failed", [])
    assert len(failed) == failing
    assert all("criteria)." in cell["raw_error"] for cell in failed)


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


FOREIGN = nbformat.writes(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 + 1")]))


@pytest.mark.parametrize(
    ("path", "text", "sentence"),
    [
        (f"{NAME}/{NAME}.ipynb", "{not json", "is damaged (not JSON): ask for the file again."),
        (f"{NAME}/{NAME}.ipynb", "", "is damaged (not JSON): ask for the file again."),
        (f"{NAME}/{NAME}.ipynb", "[1, 2]", "is JSON, but not a notebook: ask for the file again."),
        (f"{NAME}/{NAME}.ipynb", json.dumps({"cells": 3}), "is JSON, but not a notebook"),
        (f"{NAME}/{NAME}.ipynb", FOREIGN, "holds no exercise of this course: is it another"),
        (f"{NAME}/homework.ipynb", FOREIGN, "is missing; notebooks in the folder: homework.ipynb."),
        ("week_3/week_3.ipynb", FOREIGN, f"is no notebook of this course; the names are {NAME}"),
        (f"{NAME}.ipynb", FOREIGN, f"put it into a folder of the notebook's name: {NAME}/{NAME}"),
    ],
)
def test_each_bad_submission_gets_one_sentence(tmp_path, path, text, sentence):
    write(tmp_path / "submitted" / "zoe" / path, text)
    (found,) = find_submissions(tmp_path / "submitted", exercise_cells())
    assert sentence in found.problem
    assert found.problem.count("\n") == 0 and found.problem.endswith((".", "?"))


def test_a_file_beside_the_students_gets_a_sentence(tmp_path):
    write(tmp_path / "submitted" / "zoe.ipynb", FOREIGN)
    write(tmp_path / "submitted" / ".DS_Store", "")
    (found,) = find_submissions(tmp_path / "submitted", exercise_cells())
    assert "belong under submitted/STUDENT/NOTEBOOK/" in found.problem


def test_an_empty_folder_gets_a_sentence(tmp_path):
    (tmp_path / "submitted" / "zoe").mkdir(parents=True)
    (found,) = find_submissions(tmp_path / "submitted", exercise_cells())
    assert found.problem == "handed in nothing: the folder is empty."


def test_a_binary_file_gets_a_sentence(tmp_path):
    path = tmp_path / "submitted" / "zoe" / NAME / f"{NAME}.ipynb"
    write(path, "")
    path.write_bytes(b"\xff\xfe\x00PK\x03\x04")
    (found,) = find_submissions(tmp_path / "submitted", exercise_cells())
    assert "is damaged" in found.problem


@pytest.mark.parametrize("name", ["*", "zoe [2]", " ana", "a\x1b[2Jb", "x" * 130])
def test_a_name_that_nbgrader_cannot_use_gets_a_sentence(tmp_path, name):
    write(tmp_path / "submitted" / name / NAME / f"{NAME}.ipynb", FOREIGN)
    (found,) = find_submissions(tmp_path / "submitted", exercise_cells())
    assert "rename the folder" in found.problem


@pytest.mark.parametrize("what", ["student", "folder", "file", "pipe"])
def test_links_and_pipes_are_not_followed(tmp_path, what):
    other = tmp_path / "other" / NAME / f"{NAME}.ipynb"
    write(other, FOREIGN)
    student = tmp_path / "submitted" / "zoe"
    target = {
        "student": (student, other.parents[1]),
        "folder": (student / NAME, other.parent),
        "file": (student / NAME / f"{NAME}.ipynb", other),
        "pipe": (student / NAME / f"{NAME}.ipynb", None),
    }[what]
    target[0].parent.mkdir(parents=True)
    if target[1]:
        target[0].symlink_to(target[1])
    else:
        os.mkfifo(target[0])
    (found,) = find_submissions(tmp_path / "submitted", exercise_cells())
    assert "is a link" in found.problem or "is no file" in found.problem


def test_only_one_call_marks_a_class(tmp_path):
    with alone(tmp_path), pytest.raises(Stopped, match="Another call"), alone(tmp_path):
        pass
    with alone(tmp_path):
        pass

"""`make grade` marks each notebook: a right submission and one of wrong answers."""

import shutil

import pytest

from course_tools.example_class import ALL, make_class
from course_tools.grade import grade
from jailed import needs_jail
from test_grading import NAME, STUDENTS, total

needs_jail()


@pytest.mark.parametrize("name", [name for name in ALL if name != NAME])
def test_the_other_notebooks_are_marked_too(tmp_path, name):
    make_class(tmp_path, [name])
    for student in STUDENTS:
        if student not in ("ada-right", "cem-wrong"):
            shutil.rmtree(tmp_path / "submitted" / student)
    right, wrong = grade(tmp_path)
    got, most = total(right)
    assert got == most > 30
    got, most = total(wrong)
    assert got < 0.35 * most

"""Marking that is killed or stopped, and what the next call makes of it."""

import os
import shutil
import signal
import time

import pytest
from sqlalchemy import create_engine, text

from course_tools.grade import Settings, grade
from course_tools.kill_and_restart import (
    EARLY,
    NOTEBOOK,
    SmallClass,
    mark_by_hand,
    moments,
    prepare,
    restarted,
    undisturbed,
)
from jailed import needs_jail

needs_jail()

SEED = 22
STOPPED = "Stopped. What is marked is in the gradebook; call make grade again to go on.\n"


@pytest.fixture(scope="module")
def begun(tmp_path_factory) -> SmallClass:
    """A class of which one submission is marked, also by hand."""
    return prepare(tmp_path_factory.mktemp("begun"))


@pytest.fixture(scope="module")
def calm(begun, tmp_path_factory) -> tuple[SmallClass, list[float]]:
    """The same class, marked by one call, and how long each step took."""
    small = begun.copy(tmp_path_factory.mktemp("calm") / "class")
    return small, undisturbed(small)


@pytest.fixture
def done(calm, tmp_path) -> SmallClass:
    """A copy of it, to change."""
    return calm[0].copy(tmp_path / "class")


def written(small: SmallClass, folder: str) -> dict[str, int]:
    """When each student's file in this folder was written."""
    files = (small.root / folder).glob("*/*/*.*")
    return {file.parts[-3]: file.stat().st_mtime_ns for file in files}


def changed(before: dict[str, int], after: dict[str, int]) -> set[str]:
    return {student for student, _ in before.items() ^ after.items()}


def test_kills_end_in_the_same_gradebook(begun, calm, tmp_path):
    undisturbed_class, took = calm
    killed = begun.copy(tmp_path / "class")
    when = moments(SEED, 2, len(took) - 1)
    assert {moment.alone for moment in when} == {False, True}
    assert len(list(restarted(killed, when, took))) == 2  # raises if anything is marked again
    expected = undisturbed_class.results()
    for part, result in killed.results().items():
        assert result == expected[part], part
    assert len(expected["markings"]) == len(expected["pages"]) == 5


def test_marks_and_comments_by_hand_stay(calm):
    results = calm[0].results()
    marks = str(results["grades"][EARLY])
    assert ", 2.5, 2.5, " in marks and "Come and see me." in marks
    assert f"{EARLY},{NOTEBOOK}," in results["marks.csv"] and ",2.5," in results["marks.csv"]
    assert "Come and see me." in calm[0].path("feedback", EARLY, "html").read_text()


def test_ctrl_c_is_one_sentence_and_the_next_call_goes_on(begun, calm, tmp_path):
    small = begun.copy(tmp_path / "class")
    begin, process = time.time(), small.start()
    while small.steps(begin) < 2 and process.poll() is None:  # until one more is marked
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait() == 1
    assert small.said.endswith(STOPPED)
    assert "Traceback" not in small.said
    before = written(small, "autograded")
    assert len(before) < len(calm[0].marked())
    grade(small.root, Settings(workers=2))
    assert before.items() <= written(small, "autograded").items()
    assert small.results() == calm[0].results()


def test_with_nothing_to_do_nothing_is_done(done, calm, capsys):
    before = written(done, "autograded"), written(done, "feedback")
    grade(done.root)
    assert (written(done, "autograded"), written(done, "feedback")) == before
    assert "notebook/s" not in (said := capsys.readouterr().out) and "page/s" not in said
    assert done.results() == calm[0].results()


def test_a_changed_submission_is_marked_again_and_no_other(done):
    before = written(done, "autograded"), written(done, "feedback")
    shutil.copy(done.path("submitted", EARLY), done.path("submitted", "dot-blank"))
    outcomes = {outcome.student: outcome for outcome in grade(done.root)}
    assert changed(before[0], written(done, "autograded")) == {"dot-blank"}
    assert changed(before[1], written(done, "feedback")) == {"dot-blank"}
    assert outcomes["dot-blank"].marks.keys() == outcomes[EARLY].marks.keys()
    assert all(mark.points == mark.most for mark in outcomes["dot-blank"].marks.values())


def test_another_mark_by_hand_makes_its_page_new_and_no_other(done):
    before = written(done, "autograded"), written(done, "feedback")
    mark_by_hand(done, "cem-wrong", 1.25, "Half of the idea is there.")
    grade(done.root)
    assert written(done, "autograded") == before[0]
    assert changed(before[1], written(done, "feedback")) == {"cem-wrong"}
    assert "Half of the idea is there." in done.path("feedback", "cem-wrong", "html").read_text()
    assert ",1.25," in (done.root / "marks.csv").read_text()


def test_again_marks_everything_again_with_the_same_result(done, calm):
    before = written(done, "autograded")
    grade(done.root, Settings(again=True, workers=2))
    assert changed(before, written(done, "autograded")) == before.keys() == calm[0].marked().keys()
    results, expected = done.results(), calm[0].results()
    # nbgrader asks for a second look at a mark by hand when it has marked again.
    for result in (results, expected):
        result["grades"] = str(result["grades"]).replace("True)", "False)")
    assert results == expected


def test_a_kill_between_the_marks_and_the_note_of_them_marks_that_one_again(done):
    """By then they are in the gradebook, and somebody may have changed one by hand."""
    mark_by_hand(done, "ben-partly-right", 0.5, "Looked at twice.")
    engine = create_engine(done.database)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM course_markings WHERE student LIKE 'ben-%'"))
    engine.dispose()
    before, rows = written(done, "autograded"), done.results()["rows"]
    grade(done.root)
    assert changed(before, written(done, "autograded")) == {"ben-partly-right"}
    results = done.results()
    assert results["rows"] == {**rows, "course_markings": rows["course_markings"] + 1}
    assert "Looked at twice." in str(results["grades"]["ben-partly-right"])
    assert (
        f"ben-partly-right,{NOTEBOOK}," in results["marks.csv"] and ",0.5," in results["marks.csv"]
    )

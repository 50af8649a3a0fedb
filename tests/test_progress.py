"""What is solved is counted, and nothing that goes wrong with the count costs anybody a check."""

import json
import os
from datetime import date

import pytest

from banks.classifier.one_hot import eye_rows, stub, transposed
from course_utils import progress
from course_utils.checking import NotPassed, check
from course_utils.progress import record, solved


@pytest.fixture
def file(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_SAVED", str(tmp_path / "saved"))
    (tmp_path / "saved").mkdir()
    return tmp_path / "saved" / "progress.json"


class On:
    """A calendar that shows one day; it reads days as usual."""

    fromisoformat = date.fromisoformat

    def __init__(self, day):
        self.day = day

    def today(self):
        return date.fromisoformat(self.day)


def test_a_correct_answer_is_kept_with_its_day(file, monkeypatch, capsys):
    monkeypatch.setattr(progress, "date", On("2026-03-01"))
    check("one-hot", eye_rows)
    assert solved() == {"one-hot": "2026-03-01"} == json.loads(file.read_text())
    assert "progress" not in capsys.readouterr().out


@pytest.mark.parametrize("answer", [stub, transposed])
def test_another_answer_is_not(file, answer):
    check("one-hot", answer)
    assert not file.exists() and solved() == {}


def test_the_last_day_counts_and_a_later_mistake_takes_nothing_away(file, monkeypatch):
    for day in ("2026-03-01", "2026-03-02"):
        monkeypatch.setattr(progress, "date", On(day))
        check("one-hot", eye_rows)
    check("one-hot", transposed)
    assert solved() == {"one-hot": "2026-03-02"}


def test_each_part_counts_for_itself(file, monkeypatch):
    monkeypatch.setattr(progress, "date", On("2026-03-01"))
    record("class-weights/weights")
    record("class-weights/loss")
    assert list(solved()) == ["class-weights/weights", "class-weights/loss"]


@pytest.mark.parametrize("mode", ["autograde", "validate"])
def test_nothing_is_kept_while_nbgrader_executes_a_notebook(file, monkeypatch, mode):
    monkeypatch.setenv("NBGRADER_EXECUTION", mode)
    check("one-hot", eye_rows)
    if mode == "validate":
        with pytest.raises(NotPassed):
            check("one-hot", transposed)
    record("one-hot")
    assert os.listdir(file.parent) == []


DAMAGED = ("", "{", "[]", '"text"', '{"one-hot": 5}', '{"one-hot": "soon"}', "[" * 10**5, "\xff")


@pytest.mark.parametrize("content", DAMAGED, ids=range(len(DAMAGED)))
def test_a_damaged_file_costs_one_sentence_and_is_begun_anew(file, capsys, content):
    file.write_bytes(content.encode("latin-1"))
    with pytest.raises(ValueError, match=r"progress\.json is damaged"):
        solved()
    check("one-hot", eye_rows)
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "progress" in line]
    aside = file.with_name("progress-damaged.json")
    assert line == f"Your progress is counted anew: {file} is damaged. It is kept as {aside.name}."
    assert aside.read_bytes() == content.encode("latin-1")
    assert list(solved()) == ["one-hot"]
    check("one-hot", eye_rows)
    assert "progress" not in capsys.readouterr().out


def test_a_file_that_cannot_be_read_costs_one_sentence(file, capsys):
    file.mkdir()
    check("one-hot", eye_rows)
    out = capsys.readouterr().out
    assert out.count("Your progress could not be kept") == 1


def test_a_folder_that_cannot_be_made_costs_one_sentence(monkeypatch, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("COURSE_SAVED", str(tmp_path / "file" / "saved"))
    check("one-hot", eye_rows)
    assert "could not be kept: The folder" in capsys.readouterr().out


def test_a_write_that_fails_leaves_what_was_there_and_no_litter(file, monkeypatch, capsys):
    record("film")
    before = file.read_text()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    check("one-hot", eye_rows)
    assert "could not be kept: [Errno 28] No space left on device" in capsys.readouterr().out
    assert file.read_text() == before
    assert os.listdir(file.parent) == ["progress.json"]


def test_the_same_day_twice_writes_once(file, monkeypatch):
    monkeypatch.setattr(progress, "date", On("2026-03-01"))
    record("one-hot")
    monkeypatch.setattr(progress, "write_whole", lambda *_: pytest.fail("written again"))
    record("one-hot")

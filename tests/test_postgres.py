"""A gradebook in PostgreSQL: a real server, started for these tests alone."""

import csv
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
import pytest

from course_tools.example_class import make_class
from course_tools.grade import Settings, grade
from course_tools.gradebook import ROOT
from course_tools.marking import outcome as parts
from course_tools.marking.ledger import Ledger
from course_tools.marking.outcome import Incident, Mark, Outcome
from jailed import needs_jail

needs_jail()

NAME = "01_conditional_classifier"
NAMES = {
    "ada-right": "Zoë O'Brien",
    "ben-partly-right": 'Lí "Bo" %s; DROP TABLE student',
    "cem-wrong": "李小龍 🎓",
    "dot-blank": "back\\slash {0} $1",
}


def programs() -> Path | None:
    """The folder of the newest server's programs, if there is one."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    elsewhere = shutil.which("initdb")
    return found[-1].parent if found else Path(elsewhere).parent if elsewhere else None


def owner() -> dict[str, int | list]:
    """Who runs the server: it refuses to run as root."""
    if os.getuid():
        return {}
    users = {user.pw_name: user for user in pwd.getpwall()}
    user = users.get("postgres") or users["nobody"]
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


@pytest.fixture(scope="module")
def server():
    """The URL of an empty database."""
    folder_of_programs = programs()
    if folder_of_programs is None:
        assert not (os.environ.get("CI") and shutil.which("apt-get")), "CI has to install it"
        pytest.skip("There is no PostgreSQL server here (Debian, Ubuntu: apt install postgresql).")
    # Not under pytest's folder, which nobody else can open; and a socket's path has to be short.
    folder = Path(tempfile.mkdtemp(prefix="course-postgres-", dir="/tmp"))
    who = owner()
    if who:
        os.chown(folder, who["user"], who["group"])
    data = str(folder / "data")
    initdb = [folder_of_programs / "initdb", "-U", "course", "-A", "trust", "-E", "UTF8"]
    initdb += ["--locale", "C", "-D", data]
    subprocess.run(initdb, cwd=folder, check=True, capture_output=True, **who)
    postgres = [folder_of_programs / "postgres", "-k", folder, "-h", "", "-F", "-D", data]
    process = subprocess.Popen(postgres, cwd=folder, stderr=subprocess.DEVNULL, **who)
    try:
        url = f"postgresql+psycopg://course@/postgres?host={folder}"
        wait_until(lambda: number_marked(url) is not None or process.poll() is not None)
        assert process.poll() is None
        yield url
    finally:
        process.send_signal(signal.SIGINT)  # without waiting for clients
        process.wait()
        shutil.rmtree(folder)


def number_marked(url: str) -> int | None:
    """How many notebooks count as marked; None while no server answers."""
    try:
        with psycopg.connect(url.replace("+psycopg", "")) as connection:
            there = connection.execute("SELECT to_regclass('course_markings')").fetchone()[0]
            rows = connection.execute("SELECT * FROM course_markings").fetchall() if there else ()
    except psycopg.OperationalError:
        return None
    return len(rows)


def wait_until(condition):
    while not condition():
        time.sleep(0.05)


def rename(root: Path) -> None:
    """Give the example class's students names that are hard to write down."""
    for plain, name in NAMES.items():
        (root / "submitted" / plain).rename(root / "submitted" / name)


def marked(database: str) -> dict[str, Outcome]:
    """Whose notebook counts as marked, with the outcome."""
    ledger = Ledger(database)
    outcomes = {student: outcome for (student, _), (_, outcome) in ledger.outcomes().items()}
    ledger.close()
    return outcomes


def written(root: Path, folder: str) -> dict[str, int]:
    """When each student's file was written."""
    return {p.parts[-3]: p.stat().st_mtime_ns for p in (root / folder).glob("*/*/*.*")}


@pytest.fixture(scope="module")
def in_postgres(server, tmp_path_factory):
    """A class that is marked into PostgreSQL: a first call is killed, a second one goes on."""
    root = tmp_path_factory.mktemp("in-postgres")
    make_class(root, [NAME])
    rename(root)
    first = subprocess.Popen(
        [sys.executable, "-m", "course_tools.grade", root, "--database", server], cwd=ROOT
    )
    wait_until(lambda: number_marked(server) or first.poll() is not None)
    first.kill()
    assert first.wait() == -signal.SIGKILL
    before = {student: written(root, "autograded")[student] for student in marked(server)}
    assert 0 < len(before) < len(NAMES)
    grade(root, Settings(database=server))
    after = written(root, "autograded")
    assert before == {student: after[student] for student in before}, "marked again"
    return root


def test_the_marks_are_those_in_sqlite(in_postgres, server, tmp_path):
    make_class(tmp_path, [NAME])
    rename(tmp_path)
    grade(tmp_path)
    for table in ("marks.csv", "grades.csv"):
        assert (in_postgres / table).read_text() == (tmp_path / table).read_text()
    assert marked(server).keys() == set(NAMES.values())
    assert not list(in_postgres.rglob("*.db"))


def test_a_second_call_does_nothing(in_postgres, server, capsys):
    before = written(in_postgres, "autograded"), written(in_postgres, "feedback")
    assert before[0].keys() == before[1].keys() == set(NAMES.values())
    grade(in_postgres, Settings(database=server))
    assert (written(in_postgres, "autograded"), written(in_postgres, "feedback")) == before
    assert "notebook/s" not in capsys.readouterr().out


def test_nbgrader_finds_the_marks(in_postgres, server, tmp_path):
    exported = tmp_path / "exported.csv"
    export = [sys.executable, "-m", "nbgrader", "export", "--to", exported]
    subprocess.run(
        [*export, f"--CourseDirectory.db_url={server}"],
        cwd=in_postgres,
        check=True,
        capture_output=True,
    )
    with exported.open() as file:
        scores = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    outcomes = marked(server)
    assert scores == {
        student: sum(mark.points for mark in outcome.marks.values())
        for student, outcome in outcomes.items()
    }
    assert scores[NAMES["ada-right"]] > scores[NAMES["cem-wrong"]] > 0


def test_long_and_odd_texts_come_back_whole(server):
    text = "x\x00\ud800'\"\\%s 李 🎓\n" * 50_000
    outcome = Outcome(
        "long " + "é" * 200,
        NAME,
        marks={"one-hot-test": Mark(1, 6, (parts.Tested("shape", 1, True, text),), note=text)},
        incidents=(Incident("cell 3", "output", text),),
    )
    ledger = Ledger(server)
    ledger.write("0" * 64, outcome)
    ledger.write("1" * 64, outcome)
    assert ledger.outcomes()[outcome.student, NAME] == ("1" * 64, outcome)
    ledger.close()

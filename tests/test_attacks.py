"""A class of attacks, accidents and odd but honest work: each must come out as its case says."""

import csv
import io
import json
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import pytest
from bs4 import BeautifulSoup

from attacks import Case, Scene, all_cases, verdict
from attacks.harm import AMOUNT
from attacks.scene import (
    Class,
    canaries,
    left_running,
    own_children,
    set_up,
    state_of_the_machine,
)
from course_tools.grade import Settings, grade
from course_tools.kernels.client import forkserver
from course_tools.marking import summary
from course_tools.marking.course import given
from course_tools.marking.outcome import KINDS, Outcome
from course_tools.marking.session import Limits
from jailed import needs_jail

needs_jail()

LIMITS = Limits(cell_seconds=6, submission_seconds=40)
LARGEST_FILE = 16_000_000
MOST_TAKEN = 2600
"""MiB that a submission may get: its memory, its scratch folders and what a look can miss."""


@dataclass
class Marked:
    """The class, what came out of it, and the machine before and after."""

    scene: Scene
    named: Class
    outcomes: dict[str, Outcome]
    printed: str
    machine: tuple[dict[str, str], dict[str, str]]
    running: list[str]
    temporary: list[str]

    def student(self, name: str) -> str:
        """The folder of the case ``name``."""
        return next(who for who, group in self.named.items() if name in {c.name for c in group})

    def outputs(self, student: str) -> str:
        """All that the student's cells put out, as text."""
        texts = []
        for path in (self.scene.root / "autograded" / student).rglob("*.ipynb"):
            for cell in json.loads(path.read_text())["cells"]:
                texts += [json.dumps(o, ensure_ascii=False) for o in cell.get("outputs", [])]
        return "\n".join(texts)


@contextmanager
def pages_for(*kinds: str) -> Iterator[None]:
    """Feedback pages for submissions of these kinds only: each takes a second."""
    write = summary.write_feedback

    def write_some(root: Path, whose: Sequence[tuple[str, str]], *how: object) -> None:
        write(root, [who for who in whose if any(kind in who[0] for kind in kinds)], *how)

    with patch.object(summary, "write_feedback", write_some):
        yield


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Marked:
    folder = tmp_path_factory.mktemp("a")
    machine, children = state_of_the_machine(), own_children()
    with set_up(folder) as (scene, named):
        printed = io.StringIO()
        with redirect_stdout(printed), pages_for("forge", "harm", "steal"):
            outcomes = grade(scene.root, Settings(limits=LIMITS, workers=2))
        forkserver(jailed=True).close()  # it would serve further markings of this process
    running = [command for pid, command in own_children().items() if pid not in children]
    return Marked(
        scene=scene,
        named=named,
        outcomes={outcome.student: outcome for outcome in outcomes},
        printed=printed.getvalue(),
        machine=(machine, state_of_the_machine()),
        running=[*running, *left_running()],
        temporary=[str(path) for path in (folder / "tmp").iterdir()],
    )


CASES = all_cases()


def wrong_marks(group: list[Case], outcome: Outcome) -> list[str]:
    """What is not as the cases say, in words."""
    wrong = []
    for test, mark in outcome.marks.items():
        wanted = verdict(group, test)
        right = {
            "none": mark.points == 0,
            "less": mark.points < mark.most,
            "free": 0 <= mark.points <= mark.most,
            "full": mark.points == mark.most,
        }[wanted]
        if not right:
            failed = [f"{c.name}: {c.message}" for c in mark.criteria if not c.passed]
            wrong.append(f"{test}: {wanted}, not {mark.points}/{mark.most} {mark.note} {failed}")
        passed = {criterion.name for criterion in mark.criteria if criterion.passed}
        if wanted == "less" and passed & {one.misses for one in group}:
            wrong.append(f"{test}: passes {group[0].misses!r}")
    return wrong


@pytest.mark.parametrize("one", CASES, ids=[f"{one.kind}-{one.name}" for one in CASES])
def test_case(marked: Marked, one: Case):
    student = marked.student(one.name)
    outcome = marked.outcomes[student]
    kinds = {incident.kind for incident in outcome.incidents}
    if outcome.problem:
        assert one.problem is not False, outcome.problem
        assert not outcome.marks and "\n" not in outcome.problem
        return
    assert not one.problem, "it was marked"
    tests = [
        c for c in given(one.notebook).notebook.cells if c.metadata.get("nbgrader", {}).get("grade")
    ]
    assert {c.metadata.nbgrader.grade_id: c.metadata.nbgrader.points for c in tests} == {
        test: mark.most for test, mark in outcome.marks.items()
    }
    assert not wrong_marks(marked.named[student], outcome), outcome.incidents
    assert not one.reports or kinds & {*one.reports}, outcome.incidents
    if one.kind == "honest":
        assert kinds <= {*one.allows}, outcome.incidents
    assert one.says in marked.outputs(student)


def test_every_case_has_a_submission_and_an_outcome(marked):
    assert set(marked.outcomes) == set(marked.named)
    assert len(CASES) >= 75
    assert {one.kind for one in CASES} == {"forge", "steal", "harm", "break", "honest"}
    assert {kind for one in CASES for kind in (*one.reports, *one.allows)} <= set(KINDS)


def test_neighbours_of_attacks_have_full_marks(marked):
    neighbours = [who for who in marked.named if who.endswith("neighbour")]
    for student in neighbours:
        outcome = marked.outcomes[student]
        assert not outcome.problem and not outcome.incidents
        assert all(mark.points == mark.most for mark in outcome.marks.values()), outcome.marks
    assert len(neighbours) > 5


def test_no_canary_is_in_what_is_written_about_others(marked):
    """Each neighbour's own secret stands in its own notebook; nothing else may hold any."""
    root = marked.scene.root
    for folder in [path for path in root.iterdir() if path.name not in ("submitted", "build")]:
        for path, found in canaries(folder).items() if folder.is_dir() else ():
            assert "neighbour" in path and len(found) == 1, (folder, path, found)
    for path in root.glob("*.*"):
        found = path.read_text(errors="replace") if path.suffix != ".db" else ""
        assert "CANARY" not in found, path
    assert "CANARY" not in marked.printed


def test_no_canary_is_in_an_outcome(marked):
    for outcome in marked.outcomes.values():
        assert "CANARY-" not in outcome.to_json()
        assert "STOLEN" not in outcome.to_json()


@pytest.mark.parametrize("word", ["STOLEN", "WROTE", "POISONED", "NOT JAILED"])
def test_nothing_was_stolen_written_or_left(marked, word):
    """What the cells put out, apart from the errors that quote their code."""
    for student in marked.named:
        lines = [line for line in marked.outputs(student).splitlines() if '"traceback"' not in line]
        said = re.findall(rf"{word}.{{0,200}}", "\n".join(lines))
        assert not said, (student, said)


def test_nobody_took_more_than_a_share(marked):
    for student in marked.named:
        taken = [int(n) for n in re.findall(r"TOOK (\d+)", marked.outputs(student))]
        assert max(taken, default=0) < MOST_TAKEN < AMOUNT, student


def test_nothing_is_left_running(marked):
    assert marked.running == []


def test_the_machine_is_as_it_was(marked):
    before, after = marked.machine
    assert after == before


def test_no_temporary_file_is_left(marked):
    assert marked.temporary == []


def test_no_file_is_too_large_to_be_opened(marked):
    for folder in ("autograded", "feedback", "report"):
        for path in (marked.scene.root / folder).rglob("*"):
            assert path.is_dir() or path.stat().st_size < LARGEST_FILE, path


def test_nothing_is_copied_that_is_a_link(marked):
    for folder in ("autograded", "feedback"):
        assert not [p for p in (marked.scene.root / folder).rglob("*") if p.is_symlink()]


LOADING = ("iframe", "object", "embed", "form", "base", "link", "meta", "input", "button")
RUNNING = re.compile(r"\s*(javascript|vbscript|data:text)", re.IGNORECASE)


def active_parts(page: str) -> list[str]:
    """What in a page would run, load or hide something, and has 'attack' in it.

    Links and pictures from elsewhere may stay.
    """
    found = []
    for element in BeautifulSoup(page, "html.parser").find_all(True):
        own_text = "".join(element.find_all(string=True, recursive=False))
        if element.name in ("script", "style") and "attack" in own_text:
            found.append(str(element)[:200])
        for name, value in element.attrs.items():
            value = " ".join(value) if isinstance(value, list) else str(value)
            if "attack" in value and (
                name.startswith("on")
                or element.name in LOADING
                or RUNNING.match(value)
                or (name == "style" and re.search("url|position", value))
            ):
                found.append(f"{element.name} {name}={value[:100]}")
    return found


def test_no_page_runs_or_loads_what_a_submission_wrote(marked):
    pages = [path for path in marked.scene.root.rglob("*.html") if "submitted" not in path.parts]
    assert len(pages) > 50
    for page in pages:
        text = page.read_text(errors="replace")
        assert "attack" not in text or not active_parts(text), page


def test_the_spreadsheet_computes_nothing(marked):
    tables = list(marked.scene.root.glob("*.csv"))
    assert tables
    for table in tables:
        with table.open(encoding="utf-8-sig", newline="") as file:
            for cell in (cell for row in csv.reader(file) for cell in row):
                assert not cell.startswith(("=", "+", "-", "@", "\t", "\r")), cell


def test_the_terminal_obeys_nobody(marked):
    assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", marked.printed)
    for outcome in marked.outcomes.values():
        assert outcome.problem.isprintable()


def test_the_gradebook_agrees(marked):
    """nbgrader's own numbers are those of the outcomes."""
    with sqlite3.connect(marked.scene.root / "gradebook.db") as database:
        total = database.execute("select sum(coalesce(auto_score, 0)) from grade").fetchone()[0]
        highest = database.execute(
            "select max(auto_score - max_score) from grade "
            "join grade_cells on cell_id = grade_cells.id"
        ).fetchone()[0]
    assert total == sum(m.points for o in marked.outcomes.values() for m in o.marks.values())
    assert highest <= 0

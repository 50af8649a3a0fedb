"""Whoever follows CONTRIBUTING.md word for word gets a new exercise that works."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[1]
NAME = "01_conditional_classifier"
SOURCE = f"solutions/{NAME}.py"
WRONG = f"course_tools/wrong_answers/{NAME}.py"

BLOCK = re.compile(r"^\d+\\\. (.+?)\n\n```python\n(.+?)^```$", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"^    \.venv/bin/python (.+)$", re.MULTILINE)


def page() -> str:
    """The part of CONTRIBUTING.md that says how to add an exercise."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    return text.partition("## Add an exercise")[2].partition("\n## ")[0]


def write(course: Path, instruction: str, code: str) -> None:
    """Do with ``code`` what the sentence above it says."""
    words = " ".join(instruction.split())
    if found := re.search(r"New file `(.+?)`:$", words):
        path = course / found[1]
        assert not path.exists()
        path.write_text(code)
    elif found := re.search(r"At the end of `(.+?)`", words):
        with (course / found[1]).open("a") as file:
            file.write(f"\n\n{code}")
    else:
        path, line = re.search(r"In `(.+?)`, below `(.+)`, write:$", words).groups()
        text = (course / path).read_text()
        assert text.count(f"    {line}\n") == 1
        (course / path).write_text(text.replace(f"    {line}\n", f"    {line}\n{code}"))


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Path:
    """A copy of the course with the exercise of the page; its notebook has that exercise alone."""
    copy = tmp_path_factory.mktemp("course")
    leave_out = shutil.ignore_patterns("__pycache__")
    for folder in ("course_utils", "course_tools", "tests"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=leave_out)
    for file in ("pyproject.toml", "nbgrader_config.py", "solutions/index.py"):
        (copy / file).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / file, copy / file)
    text_and_imports = (ROOT / SOURCE).read_text().split("\n# %% [markdown]\n")[0]
    (copy / SOURCE).write_text(text_and_imports)
    for instruction, code in BLOCK.findall(page()):
        write(copy, instruction, code)
    return copy


@pytest.fixture(scope="module")
def run(course) -> Callable[..., str]:
    """Runs Python in the copy and returns what it prints."""

    def python(*arguments: str) -> str:
        environment = {**os.environ, "PYTHONPATH": str(course), "OMP_NUM_THREADS": "1"}
        environment.pop("NBGRADER_EXECUTION", None)
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=course,
            env={**environment, "COURSE_SAVED": str(course / "saved")},
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return python


@pytest.fixture(scope="module")
def outputs(course, run) -> list[str]:
    """The commands of the page, followed in their order, and what they print."""
    return [run(*command.split()) for command in COMMAND.findall(page())]


def test_the_page_has_the_pieces_and_the_commands_that_it_announces():
    assert "its six pieces" in page()
    assert len(BLOCK.findall(page())) == 6
    assert page().count("```") == 12
    assert [command.split()[1] for command in COMMAND.findall(page())] == [
        "course_tools.build",
        "pytest",
    ]


def test_the_bank_passes(outputs, course):
    assert f"built {NAME}" in outputs[0]
    bank = (course / "tests/banks/classifier/label_smoothing.py").read_text()
    answers, others = bank.count("\ndef "), 4  # stub, size of the bank, points, no evidence
    assert f"{answers + others} passed" in outputs[1]


def test_check_mark_and_hint_stand_in_the_built_notebook(outputs, course):
    notebook = nbformat.read(course / "solutions" / NAME / f"{NAME}.ipynb", as_version=4)
    texts = {
        cell.id: "\n".join(str(output.get("data", {}).get("text/plain")) for output in cell.outputs)
        for cell in notebook.cells
        if cell.cell_type == "code"
    }
    assert "label-smoothing: correct (2 of 2 criteria)" in texts["label-smoothing-test"]
    assert "correct (3 of 3 criteria, 4 of 4 points)" in texts["label-smoothing-test"]
    assert any("Hint 1 of 3" in str(cell.get("outputs")) for cell in notebook.cells)


def test_learners_get_the_stub_and_find_the_exercise_on_the_first_page(outputs, course):
    learners = nbformat.read(course / "notebooks" / NAME / f"{NAME}.ipynb", as_version=4)
    (stub,) = (cell.source for cell in learners.cells if cell.source.startswith("def smooth"))
    assert "raise NotImplementedError" in stub and "amount / codes" not in stub
    assert "○ Label smoothing" in (course / "notebooks" / "index.ipynb").read_text()


def test_the_wrong_answer_of_the_example_class_loses_marks(outputs, course, run):
    cell = (course / WRONG).read_text().partition('# %% exercise="label-smoothing"\n')[2]
    points = run(
        "-c", f"{cell}\nfrom course_utils import grade\nprint(grade('label-smoothing', smooth))"
    )
    assert points.split()[-1] == "0"


def test_the_pieces_are_in_the_style_of_the_course(course):
    texts = [instruction for instruction, _ in BLOCK.findall(page())]
    files = [re.search(r"`(\S+\.py)`", text)[1] for text in texts]
    assert len(files) == 6
    for check in (["check"], ["format", "--check"]):
        command = [sys.executable, "-m", "ruff", *check, *files]
        done = subprocess.run(command, cwd=course, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout

"""The first page: what the notebooks say about themselves, what is solved, and where to go on."""

import re
from html import unescape

import nbformat
import pytest

from course_tools import build
from course_utils import course_page
from course_utils.course_map import course_map
from course_utils.course_page import as_html, as_text, show_course, where_to_go
from course_utils.exercises import EXERCISES
from hidden import HIDDEN_TESTS

COURSE = course_map()
SLUGS = [check.slug for chapter in COURSE for check in chapter.checks]
DAY = "2026-03-01"


def words(html: str) -> str:
    """The text of a page, without its tags."""
    return " ".join(unescape(re.sub("<[^>]+>", " ", html)).split())


def test_the_map_has_all_notebooks_with_their_exercises_and_points():
    assert [chapter.path for chapter in COURSE] == [f"{n}/{n}.ipynb" for n in build.names()]
    packages = list(dict.fromkeys(EXERCISES.values()))[: len(COURSE)]
    for package, chapter in zip(packages, COURSE, strict=True):
        slugs = [check.slug for check in chapter.checks]
        assert sorted(slugs) == sorted(s for s, owner in EXERCISES.items() if owner == package)
        assert len(chapter.exercises) == len({slug.partition("/")[0] for slug in slugs})
        for check in chapter.checks:
            assert check.points == HIDDEN_TESTS[check.slug].points


def test_every_notebook_says_what_it_needs_and_how_long_it_takes():
    for chapter in COURSE:
        assert chapter.title.startswith(f"{chapter.number} · ")
        assert chapter.needs and "**" not in chapter.needs
        assert "hour" in chapter.learner_time
        assert re.search("second|minute", chapter.run_time)
        for check in chapter.checks:
            assert re.match(r"Exercise \d+ · \w|Exercise \d+ · …", check.heading)
            assert check.section


def test_the_link_to_an_exercise_names_the_cell_of_its_heading():
    for chapter in COURSE:
        cells = nbformat.read(build.NOTEBOOKS / chapter.path, as_version=4).cells
        texts = {cell.id: cell.source for cell in cells}
        for check in chapter.checks:
            assert f"# {check.heading}\n" in texts[check.cell_id]


def test_one_begins_at_the_beginning_and_goes_on_where_something_is_open():
    call, goal, place, link = where_to_go(COURSE, {})
    assert (call, goal) == ("Begin with:", COURSE[0].checks[0].heading)
    days = dict.fromkeys(SLUGS, DAY)
    del days["film"], days["hinge-losses/generator"]
    call, goal, place, link = where_to_go(COURSE, days)
    assert (call, goal) == ("Go on with:", "Exercise 4 · FiLM")
    assert place == "(film), notebook 04, section 4. One idea, four names"
    assert link.startswith("04_conditional_batchnorm/04_conditional_batchnorm.ipynb#cell-id=")
    days["film"] = DAY
    assert "hinge-losses/generator" in where_to_go(COURSE, days)[2]


def test_when_all_is_solved_the_page_says_so():
    days = dict.fromkeys(SLUGS, DAY)
    for page in (as_text(COURSE, days), words(as_html(COURSE, days))):
        assert page.startswith("All checks of the course are solved.")
        assert "○ " not in page.replace("○ open", "")


@pytest.mark.parametrize("solved", [[], ["class-weights/loss", "one-hot"], SLUGS], ids=len)
def test_text_and_html_say_the_same(solved):
    days = dict.fromkeys(solved, DAY)
    html = words(as_html(COURSE, days))
    for line in as_text(COURSE, days).splitlines():
        for part in re.split(r"(?<=\d{4}-\d\d-\d\d)|: |; ", line):
            assert part.strip() in html, part


def test_signs_counts_and_days():
    days = {"one-hot": DAY, "class-weights/loss": "2026-03-05", "no-longer-here": "2026-04-01"}
    lines = as_text(COURSE, days).splitlines()
    checks = len(COURSE[0].checks)
    assert f"{COURSE[0].title}: 2 of {checks} checks, last on 2026-03-05" in lines
    assert "  ✓ One-hot codes" in lines
    assert "  ◐ Class weights (1 of 2 parts)" in lines
    assert "  ○ Expose the leak" in lines
    assert f"<progress value='2' max='{checks}'" in as_html(COURSE, days)


def test_a_notebook_that_cannot_be_read_keeps_its_place(tmp_path):
    for name in ("01_a", "02_b", "notes"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.ipynb").write_text('{"cells": [')
    source = (build.NOTEBOOKS / COURSE[1].path).read_text()
    (tmp_path / "02_b" / "02_b.ipynb").write_text(source)
    (tmp_path / "02_b" / "02_b-Copy1.ipynb").write_text(source)
    chapters = course_map(tmp_path)
    assert [chapter.title for chapter in chapters] == ["01_a", COURSE[1].title]
    assert "a fresh copy: this one cannot be read" in as_text(chapters, {})
    assert where_to_go(chapters, {})[1] == COURSE[1].checks[0].heading


def test_what_a_learner_writes_is_shown_as_text(tmp_path):
    (tmp_path / "01_a").mkdir()
    source = (build.NOTEBOOKS / COURSE[0].path).read_text()
    changed = source.replace("# 01 · The conditional classifier", "# <script>x</script>", 1)
    assert changed != source
    (tmp_path / "01_a" / "01_a.ipynb").write_text(changed)
    assert "<script>" not in as_html(course_map(tmp_path), {})


def test_a_damaged_count_is_told_on_the_page(monkeypatch, tmp_path):
    shown = []
    monkeypatch.setenv("COURSE_SAVED", str(tmp_path))
    monkeypatch.setattr(course_page, "display", lambda content, **_: shown.append(content))
    (tmp_path / "progress.json").write_text("{")
    show_course()
    (content,) = shown
    for page in (content["text/plain"], words(content["text/html"])):
        assert page.startswith("What you have solved is not known (")
        assert "is damaged): run the checks again." in page
        assert "Begin with: Exercise 1" in page


def test_the_page_in_the_tree_is_that_of_its_source_with_nothing_solved():
    """`make notebooks` writes it; it may drift with any notebook."""
    source = build.read_source(build.SOLUTIONS / "index.py")
    committed = nbformat.read(build.NOTEBOOKS / "index.ipynb", as_version=4)
    assert [cell.source for cell in committed.cells] == [cell.source for cell in source.cells]
    assert not any("nbgrader" in cell.metadata for cell in committed.cells)
    finder, code = (cell for cell in committed.cells if cell.cell_type == "code")
    assert not finder.outputs
    (output,) = code.outputs
    assert output.data["text/plain"] == as_text(COURSE, {})
    assert output.data["text/html"] == as_html(COURSE, {})


def test_the_page_is_built_as_if_nothing_were_solved_and_is_no_assignment(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_SAVED", str(tmp_path))
    (tmp_path / "progress.json").write_text(f'{{"one-hot": "{DAY}"}}')
    assert build.index() == (build.NOTEBOOKS / "index.ipynb").read_text()
    assert "index" not in build.names()


def test_make_lab_and_the_readme_lead_to_the_page():
    makefile, readme = ((build.ROOT / name).read_text() for name in ("Makefile", "README.md"))
    assert "FIRST := notebooks/index.ipynb\n" in makefile
    assert "(notebooks/index.ipynb)" in readme
    for chapter in COURSE:
        assert f"| [{chapter.number}](notebooks/{chapter.path}) |" in readme

"""The page that an instructor reads after marking."""

import re
from html.parser import HTMLParser

import pytest

from course_tools.marking.outcome import KINDS, Incident, Mark, Outcome
from course_tools.marking.outcome import Tested as OneCriterion
from course_tools.marking.report import write_report
from course_tools.marking.similar import Pair
from course_tools.marking.tables import Row

NAME = "02_conditional_gan"
EVIL = "<script>alert('x')</script>\"'&{{ 7*7 }}</pre>\ud800"
FAILED = OneCriterion("depends on its label", 2, False, f"The label is ignored. {EVIL}")


class Page(HTMLParser):
    """The tags of a page and the text of each kind of tag."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.inside, self.text = [], [], {}
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.inside.append(tag)

    def handle_endtag(self, tag):
        if tag in self.inside:
            while self.inside.pop() != tag:
                pass

    def handle_data(self, data):
        for tag in set(self.inside):
            self.text[tag] = self.text.get(tag, "") + data


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    (folder / "05_gone.png").write_bytes(b"old")
    rows = [
        Row("ada " + "a" * 40, NAME, marks={"discriminator": (4.5, 11.0), "grid": (0.0, 10.0)}),
        Row(EVIL, NAME, f"is damaged {EVIL}."),
    ]
    marks = {
        "discriminator-test": Mark(0, 11, (FAILED,)),
        "grid-test": Mark(0, 10, (), f"no evidence {EVIL}"),
    }
    incidents = tuple(Incident(EVIL, kind, f"text of {kind} {EVIL}") for kind in KINDS)
    outcomes = [Outcome(rows[0].student, NAME, "", marks, incidents), Outcome(EVIL, NAME, "bad")]
    pair = Pair(NAME, ("ada", EVIL), 0.93, f"why {EVIL}", {"grid": (f"left {EVIL}", "right")})
    path = write_report(folder, rows, outcomes, [pair])
    assert path == folder / "index.html"
    return path, Page(path.read_text(encoding="utf-8"))


def test_what_comes_from_submissions_is_text_and_nothing_else(page):
    path, parsed = page
    tags = {tag for tag, _ in parsed.tags}
    assert not tags & {"script", "iframe", "object", "form", "link"}
    assert not any(name.startswith("on") for _, attrs in parsed.tags for name in attrs)
    assert parsed.text["body"].count("<script>alert('x')</script>\"'&{{ 7*7 }}</pre>?") >= 12
    assert "<script" not in path.read_text(encoding="utf-8")


def test_the_page_needs_only_the_pictures_beside_it(page):
    path, parsed = page
    named = {attrs.get("src") or attrs.get("srcset") for _, attrs in parsed.tags} - {None}
    assert named == {f"{NAME}.png", f"{NAME}-dark.png"}
    assert {file.name for file in path.parent.iterdir()} == {*named, "index.html"}
    assert all((path.parent / name).read_bytes().startswith(b"\x89PNG") for name in named)
    assert not re.search(r"url\(|@import|https?:", path.read_text(encoding="utf-8"))


def test_marks_problems_incidents_and_notes_are_there(page):
    text = " ".join(page[1].text["body"].split())
    assert "1 marked, mean 4.5 of 21" in text
    assert "discriminator: 11 points, mean 4.5" in text
    assert "is damaged" in text and "no evidence" in text
    for kind, words in KINDS.items():
        assert f"{words}: text of {kind}" in text


def test_the_row_of_a_student_has_marks_and_total(page):
    html = page[0].read_text(encoding="utf-8").split('<table class="marks">')[1]
    row = re.search(r"<tr><th scope=\"row\">ada a{40}</th>(.*?)</tr>", html, re.DOTALL)[1]
    assert re.findall(r"<td[^>]*>([^<]*)</td>", row) == ["4.5", "0", "4.5"]


def test_the_figure_has_its_numbers_in_words(page):
    (image,) = (attrs for tag, attrs in page[1].tags if tag == "img")
    assert "100 % (1 of 1)" in image["alt"] and "depends on its label" in image["alt"]
    assert "1 of 1" in page[1].text["td"]


def test_near_identical_answers_stand_side_by_side_and_closed(page):
    parsed = page[1]
    assert "93 % alike in grid. why" in " ".join(parsed.text["summary"].split())
    assert "left " in parsed.text["pre"] and "right" in parsed.text["pre"]
    assert all("open" not in attrs for tag, attrs in parsed.tags if tag == "details")


def test_both_colour_schemes_are_supported(page):
    (source,) = (attrs for tag, attrs in page[1].tags if tag == "source")
    assert source["media"] == "(prefers-color-scheme: dark)"
    assert "@media (prefers-color-scheme: dark)" in page[0].read_text(encoding="utf-8")


def test_a_class_without_anything_gets_a_page(tmp_path):
    text = write_report(tmp_path / "report", [], [], []).read_text()
    for sentence in ("Everything that was handed in", "There were none.", "No two students"):
        assert sentence in text

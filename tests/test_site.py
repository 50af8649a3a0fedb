"""The site is whole, needs no network, hides what it should, and works in a browser."""

import re
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
from bs4 import BeautifulSoup

from browser.lab import SCREENSHOTS, chromium
from course_tools import site
from course_tools.build import SOLUTIONS, names
from course_utils.checking import find

SOLUTION = re.compile(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", re.DOTALL)
LOADS = {"img": "src", "script": "src", "link": "href", "iframe": "src", "source": "src"}

# The theme and MyST-NB use what Sphinx will drop in its version 11.
pytestmark = pytest.mark.filterwarnings("ignore:.*Sphinx API modifications")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site") / "site"
    site.build(folder)
    return folder


@pytest.fixture(scope="module")
def pages(built):
    """Every page, parsed, by its path."""
    found = [built / "index.html", built / "search.html", *built.glob("0*/*.html")]
    return {path: BeautifulSoup(path.read_text(), "html.parser") for path in found}


@pytest.fixture(params=names())
def notebook(request, built, pages):
    """The executed cells of a notebook, and its page."""
    name = request.param
    cells = nbformat.read(SOLUTIONS / name / f"{name}.ipynb", as_version=4).cells
    return cells, pages[built / name / f"{name}.html"]


def folded_away(page, summary):
    return [d for d in page("details") if re.match(summary, d.summary.get_text(strip=True))]


def text_outside(page, *tags):
    return "".join(text for text in page.article.strings if not text.find_parent(tags))


def test_there_is_a_page_for_each_notebook(built, pages):
    assert {path.parent.name for path in pages} == {built.name, *names()}
    front = pages[built / "index.html"]
    linked = {link["href"] for link in front.article("a", href=True)}
    assert linked >= {f"{name}/{name}.html" for name in names()}


def test_no_link_and_no_anchor_is_broken(pages):
    anchors = {path: {tag["id"] for tag in page(id=True)} for path, page in pages.items()}
    for path, page in pages.items():
        for tag in page("a", href=True):
            parts = urlsplit(tag["href"])
            if parts.scheme:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            assert target in anchors, (path.name, tag)
            assert not parts.fragment or unquote(parts.fragment) in anchors[target], tag


def test_what_pages_load_lies_beside_them(built, pages):
    for path, page in pages.items():
        for name, attribute in LOADS.items():
            for tag in page(name, **{attribute: True}):
                parts = urlsplit(tag[attribute])
                assert not parts.scheme and not parts.netloc, tag
                assert (path.parent / parts.path).is_file() or tag.get("rel") == ["search"], tag
    for sheet in built.rglob("*.css"):
        for url in re.findall(r"url\(['\"]?([^)'\"]+)", sheet.read_text()):
            assert url.startswith("data:") or (sheet.parent / urlsplit(url).path).is_file(), url


def test_every_figure_has_text(notebook):
    cells, page = notebook
    figures = [
        output.metadata["image/png"]["alt"]
        for cell in cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]
    assert figures and [image["alt"] for image in page.article("img")] == figures


def test_pictures_of_the_front_page_have_text(built, pages):
    pictures = pages[built / "index.html"].article("img")
    assert len(pictures) == 2 and all(len(picture["alt"]) > 50 for picture in pictures)


def test_solutions_open_on_click_and_stubs_stand_before_them(notebook):
    cells, page = notebook
    exercises = [c for c in cells if c.metadata.get("nbgrader", {}).get("solution")]
    solutions = folded_away(page, "Show a solution")
    assert len(solutions) == len(exercises)
    assert not any(solution.has_attr("open") for solution in solutions)
    inside = " ".join(solution.get_text() for solution in solutions)
    outside = text_outside(page, "details")
    assert outside.count("raise NotImplementedError") >= len(exercises)
    for cell in exercises:
        for lines in SOLUTION.findall(cell.source):
            assert lines.rstrip() in inside
            assert lines.rstrip() not in outside
    assert "### " not in inside


def test_checks_show_what_they_say_and_marks_stay_away(notebook):
    cells, page = notebook
    checks = [c for c in cells if c.metadata.get("nbgrader", {}).get("grade")]
    text = page.get_text()
    assert len(re.findall(r": correct \(\d+ of \d+ criteria\)", text)) == len(checks)
    for forbidden in (r"HIDDEN", r"\bgrade\(", r"\d+ of \d+ points"):
        assert not re.search(forbidden, text), forbidden


def test_all_hints_open_on_click(notebook):
    cells, page = notebook
    slugs = [m[1] for c in cells if (m := site.HINT.fullmatch(c.source))]
    hints = [hint for slug in slugs for hint in find(slug).HINTS]
    assert slugs and len(folded_away(page, r"Hint \d of \d$")) == len(hints)
    assert "run this cell again" not in page.get_text()


def test_formulas_and_tables_are_no_raw_text(notebook):
    _, page = notebook
    text = text_outside(page, "pre", "code", "math")
    for raw in (r"\$", r"\\[a-z]+", r"\|\s*:?[-–—]", r"</?\w+>", r"\*\*"):
        assert not re.search(raw, text), raw


def test_search_has_an_index_of_every_page(built):
    index = (built / "searchindex.js").read_text()
    assert all(name in index for name in names())
    assert "goodhart" in index  # a word of notebook 05


@pytest.mark.parametrize(
    "text", ["# Title\n\n[a link](nowhere.md)", "# Title\n\n[a link](#nowhere)", "# A\n\n#### B"]
)
def test_a_fault_in_a_page_is_an_error(tmp_path, monkeypatch, capfd, text):
    monkeypatch.setattr(site, "write_sources", lambda to: (to / "index.md").write_text(text))
    with pytest.raises(SystemExit, match="faults"):
        site.build(tmp_path / "site")
    assert "index.md" in capfd.readouterr().err


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def address(built):
    """Where the site is served."""
    handler = partial(SimpleHTTPRequestHandler, directory=built)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def tab(browser, address):
    """A page of the browser: asking for anything elsewhere, or an error in a script, is a fault."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page, faults = context.new_page(), []
    page.on("request", lambda request: is_here(request.url, address) or faults.append(request.url))
    page.on("requestfailed", lambda request: faults.append(request.url))
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    context.close()
    assert faults == []


def is_here(url, address):
    return url.startswith((address, "data:"))


def test_search_finds_the_page(address, tab):
    tab.goto(f"{address}/index.html")
    tab.locator(".search-button__button:visible").first.click()
    tab.keyboard.type("Goodhart")
    tab.keyboard.press("Enter")
    found = tab.locator("ul.search a")
    found.first.wait_for()
    assert [names()[-1] in link.get_attribute("href") for link in found.all()] == [True]
    tab.locator("ul.search p.context").wait_for()  # the words around it


def test_the_switch_changes_the_theme(address, tab):
    tab.goto(f"{address}/index.html")
    colors = set()
    for theme in ("dark", "light"):
        tab.locator(".theme-switch-button:visible").click()
        tab.locator(f".theme-change-button[data-mode={theme}]:visible").click()
        tab.locator(f"html[data-theme={theme}]").wait_for()
        colors.add(tab.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert len(colors) == 2


def test_a_solution_and_a_hint_open(address, tab):
    tab.goto(f"{address}/{names()[0]}/{names()[0]}.html")
    for summary in ("Show a solution", "Hint 1 of"):
        details = tab.locator("details", has_text=summary).first
        inside = details.locator("pre, p:not(.admonition-title)").first
        assert not inside.is_visible()
        details.locator("summary").click()
        assert inside.is_visible()


def test_side_bars_open_on_narrow_screens_and_close_on_wide_ones(address, tab):
    tab.set_viewport_size({"width": 800, "height": 900})
    tab.goto(f"{address}/{names()[0]}/{names()[0]}.html")
    for side in ("primary", "secondary"):
        tab.locator(f".{side}-toggle").click()
        tab.locator(f"#pst-{side}-sidebar-modal[open]").wait_for()
        tab.keyboard.press("Escape")
    tab.set_viewport_size({"width": 1280, "height": 900})
    tab.reload()
    tab.locator(".primary-toggle").click()
    tab.locator(".bd-sidebar-primary").wait_for(state="hidden")
    assert tab.locator("article").bounding_box()["x"] > 0


@pytest.mark.parametrize("width", (1280, 800))
def test_pages_fit_their_window(address, tab, width):
    """Nothing is wider than the window. Pictures to look at: build/screenshots/site-*.png."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    tab.set_viewport_size({"width": width, "height": 900})
    for name in ("index", *names()):
        tab.goto(f"{address}/{name}.html" if name == "index" else f"{address}/{name}/{name}.html")
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        for theme in ("light", "dark"):
            tab.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
            tab.screenshot(path=SCREENSHOTS / f"site-{name}-{width}-{theme}.png")

"""Every notebook, executed, as it stands on the page: nothing cut off, hidden, pale or broken."""

import shutil
from pathlib import Path

import pytest

from browser.lab import NARROW, PANEL, WIDE, Lab, browser_page
from course_tools.build import names
from course_tools.gradebook import ROOT, SOLUTIONS

THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
SIZES = {"1280": WIDE, "800": NARROW}

FAULTS, BROKEN = (Path(__file__).with_name(name).read_text() for name in ("faults.js", "broken.js"))


@pytest.fixture(scope="module")
def reading(tmp_path_factory):
    """JupyterLab with the executed notebooks, and the first page."""
    root = tmp_path_factory.mktemp("executed")
    for name in names():
        shutil.copy(SOLUTIONS / name / f"{name}.ipynb", root)
    shutil.copy(ROOT / "notebooks" / "index.ipynb", root)
    with browser_page() as page:
        lab = Lab(page, root, tmp_path_factory.mktemp("lab"))
        yield lab
        lab.close()


def faults(lab: Lab, name: str) -> dict[str, list[str]]:
    """What is wrong at each size and in each theme."""
    found = {}
    for theme, called in THEMES.items():
        lab.do("apputils:change-theme", theme=called)
        for size, viewport in SIZES.items():
            lab.page.set_viewport_size(viewport)
            lab.page.wait_for_timeout(500)  # JupyterLab lays the page out anew
            lab.look(f"page-{name}-{size}-{theme}")
            if wrong := lab.page.evaluate(FAULTS):
                found[f"{size} {theme}"] = wrong
    return found


@pytest.mark.parametrize("name", ["index", *names()])
def test_nothing_is_cut_off_hidden_or_pale(reading, name):
    reading.said.clear()
    reading.page.set_viewport_size(WIDE)
    reading.open(f"{name}.ipynb")
    reading.page.wait_for_load_state("networkidle")  # formulas come last
    assert not faults(reading, name)
    errors = [line for line in reading.said if line.startswith(("error", "uncaught"))]
    assert not errors
    outputs = reading.page.evaluate(
        f"{PANEL}.content.widgets.flatMap(cell => cell.model.sharedModel.outputs ?? [])"
    )
    assert not [o for o in outputs if o["output_type"] == "error" or o.get("name") == "stderr"]


@pytest.mark.parametrize("name", names())
def test_nothing_breaks_or_shrinks_in_a_narrow_window(reading, name):
    open_narrow(reading, name)
    assert not reading.page.evaluate(BROKEN)


def open_narrow(lab: Lab, name: str) -> None:
    """Open a notebook in a narrow window, with the list of files folded away."""
    lab.page.set_viewport_size(NARROW)
    lab.open(f"{name}.ipynb")
    lab.page.wait_for_load_state("networkidle")
    lab.do("application:toggle-left-area")
    lab.page.wait_for_timeout(500)  # JupyterLab lays the page out anew


FAULTY = {
    "table { margin-top: -60px }": "overlaps",
    "p { color: #999 !important }": "contrast 2.8",
    ".jp-OutputArea-output { overflow: hidden; white-space: nowrap }": "cut off",
    ".jp-OutputArea-child:has(em) { display: none }": "no text",
    ".jp-RenderedText pre { font-size: 30px !important }": "breaks",
    "img { max-width: 300px !important }": "shrunk",
}


def test_faults_are_found(reading):
    """In a page that has none until such a rule spoils it."""
    open_narrow(reading, "05_measuring_conditioning")
    reading.do("apputils:change-theme", theme=THEMES["light"])
    for rule, fault in FAULTY.items():
        style = reading.page.add_style_tag(content=rule)
        reading.page.wait_for_timeout(500)
        found = reading.page.evaluate(FAULTS) + reading.page.evaluate(BROKEN)
        assert fault in "\n".join(found)
        style.evaluate("style => style.remove()")

"""Every notebook, executed, as it stands on the page: nothing cut off, hidden, pale or broken."""

import shutil

import pytest

from browser.lab import NARROW, PANEL, WIDE, Lab, browser_page
from course_tools.build import names
from course_tools.gradebook import ROOT, SOLUTIONS

THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
SIZES = {"1280": WIDE, "800": NARROW}

FAULTS = """() => {
    const panel = document.querySelector('.jp-NotebookPanel:not(.lm-mod-hidden)');
    const found = [];
    const say = (what, element) => found.push(
        `${what}: ${element.tagName} ${(element.innerText || element.alt || '').slice(0, 80)}`);
    const shown = element => element.checkVisibility() && element.getClientRects().length;

    // A part that is wider than its place, and cannot be scrolled to its end, is cut off.
    const places = '.jp-RenderedHTMLCommon, .jp-RenderedText, .jp-OutputArea-output, td, th';
    for (const place of panel.querySelectorAll(places)) {
        if (!shown(place)) continue;
        const scrolls = ['auto', 'scroll'].includes(getComputedStyle(place).overflowX);
        if (place.scrollWidth > place.clientWidth + 1 && !scrolls) say('cut off', place);
    }
    // JupyterLab gives a figure no alternative text: its caption has to follow.
    for (const picture of panel.querySelectorAll('img')) {
        const next = picture.closest('.jp-OutputArea-child')?.nextElementSibling;
        if (!picture.alt && !(next && shown(next))) say('no text', picture);
    }

    // Neighbours may touch, and not more.
    const cells = [...panel.querySelectorAll('.jp-Cell')].filter(shown);
    for (const [i, cell] of cells.slice(1).entries())
        if (cell.getBoundingClientRect().top < cells[i].getBoundingClientRect().bottom - 1)
            say('overlaps', cell);
    for (const list of panel.querySelectorAll('.jp-OutputArea, td, li, .jp-RenderedHTMLCommon')) {
        const parts = [...list.children].filter(
            part => shown(part) && getComputedStyle(part).position === 'static'
                && getComputedStyle(part).display !== 'inline');
        for (const [i, part] of parts.slice(1).entries()) {
            const one = parts[i].getBoundingClientRect(), two = part.getBoundingClientRect();
            if (two.top < one.bottom - 2 && one.top < two.bottom - 2
                && two.left < one.right - 2 && one.left < two.right - 2) say('overlaps', part);
        }
    }

    // Text stands out from what is behind it (WCAG 2: a contrast of 3 for large text, else 4.5).
    const numbers = colour => (colour.match(/[\\d.]+/g) || []).map(Number);
    const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
        .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const behind = element => {
        for (let at = element; at; at = at.parentElement) {
            const colour = numbers(getComputedStyle(at).backgroundColor);
            if (colour.length === 3 || colour[3] > 0.5) return colour;
        }
        return [255, 255, 255];
    };
    const texts = '.jp-RenderedHTMLCommon, .jp-OutputArea-output';
    for (const element of panel.querySelectorAll(`:is(${texts}), :is(${texts}) *`)) {
        const own = [...element.childNodes].some(part => part.nodeType === 3 && part.data.trim());
        if (!own || !shown(element)) continue;
        const style = getComputedStyle(element);
        const [one, two] = [light(numbers(style.color)), light(behind(element))];
        const contrast = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
        const least = parseFloat(style.fontSize) >= 24 ? 3 : 4.5;
        if (contrast < least) say(`contrast ${contrast.toFixed(1)}`, element);
    }
    return found;
}"""
"""What is wrong with the notebook in front, in words."""

BROKEN = """() => {
    const panel = document.querySelector('.jp-NotebookPanel:not(.lm-mod-hidden)');
    const found = [];
    // A line of a drawing or of a printed table that goes on below its beginning is hard to read.
    for (const text of panel.querySelectorAll(':is(.jp-RenderedText, .jp-RenderedMarkdown) pre')) {
        const parts = [text, ...text.querySelectorAll('code')];
        for (const part of parts) part.style.whiteSpace = 'pre';
        if (text.scrollWidth > text.clientWidth + 1) found.push(`breaks: ${text.innerText}`);
        for (const part of parts) part.style.whiteSpace = '';
    }
    // The letters of a figure are as small as they may be.
    for (const picture of panel.querySelectorAll('.jp-RenderedImage img'))
        if (picture.naturalWidth > 1.02 * picture.clientWidth)
            found.push(`shrunk: a figure of ${picture.naturalWidth} pixels`);
    return found;
}"""
"""What has not enough room in the notebook in front, in words."""


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

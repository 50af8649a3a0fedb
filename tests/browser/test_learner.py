"""What a learner does in JupyterLab, from the first page on."""

from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import expect

from browser.conftest import code_cells
from course_utils.needed_cells import names, needed

FIRST, LAST = "01_conditional_classifier", "05_measuring_conditioning"
WHOLE_BATCH = """def one_hot(labels, num_classes):
    if labels.min() < 0 or labels.max() >= num_classes:
        raise ValueError(f"labels must lie in [0, {num_classes})")
    codes = torch.zeros(len(labels), num_classes, device=labels.device)
    codes[:, labels] = 1
    return codes"""


def after(path: Path, name: str) -> str:
    """The id of the code cell behind the one with the id ``name``."""
    ids = [cell.id for cell in code_cells(path)]
    return ids[ids.index(name) + 1]


def starting(path: Path, beginning: str) -> str:
    """The id of the cell that begins so."""
    return next(cell.id for cell in code_cells(path) if cell.source.startswith(beginning))


def shorten(path: Path) -> None:
    """Let training take a few steps only, as while a notebook is validated."""
    notebook = nbformat.read(path, as_version=4)
    imports = next(cell for cell in notebook.cells if cell.source.startswith("import "))
    imports.source += '\nimport os\n\nos.environ["NBGRADER_EXECUTION"] = "validate"'
    nbformat.write(notebook, path)


def run_what_it_needs(lab, path: Path, name: str) -> None:
    """Run the cells above that give values to what the cell ``name`` uses."""
    cells = code_cells(path)
    place = next(i for i, cell in enumerate(cells) if cell.id == name)
    above = cells[:place]
    for i in needed([cell.source for cell in above], names(cells[place].source)[1]):
        lab.run(above[i].id)


def test_from_the_first_page_to_the_first_solved_exercise(lab, course):
    lab.open("index.ipynb")
    lab.look("learner-1-first-page")
    lab.page.get_by_role("link", name="01 · The conditional classifier").click()
    expect(lab.page.locator(".lm-TabBar-tab.jp-mod-current")).to_contain_text(FIRST[:10])
    lab.wait_until_open()

    lab.do("notebook:run-all-cells")
    lab.wait()
    assert lab.output("one-hot-test").startswith("one-hot: not attempted yet.")
    lab.look("learner-2-not-attempted")

    lab.write("one-hot", WHOLE_BATCH)
    lab.run("one-hot")
    said = lab.run("one-hot-test")
    assert "one-hot: not correct yet" in said
    assert "✗ not yet: one 1 per row, in the column of its label" in said
    assert "Every row has the ones of the whole batch" in said
    assert "expected:" in said and "received:" in said
    lab.look("learner-3-wrong-answer")

    hint = after(course / "notebooks" / FIRST / f"{FIRST}.ipynb", "one-hot-test")
    for number in (2, 3):  # to run all cells was to ask for the first
        assert f"Hint {number} of 3" in lab.run(hint)
    lab.look("learner-4-hints")

    right = course / "notebooks" / "right" / f"{FIRST}.ipynb"
    source = next(cell.source for cell in code_cells(right) if cell.id == "one-hot")
    lab.write("one-hot", source)
    lab.run("one-hot")
    assert "one-hot: correct (4 of 4 criteria" in lab.run("one-hot-test")
    lab.look("learner-5-right-answer")

    lab.open("index.ipynb")
    page = starting(course / "notebooks" / "index.ipynb", "from course_utils.course_page")
    assert "1 of 7 checks" in lab.run(page)
    lab.look("learner-6-progress")


def test_a_training_that_is_interrupted_keeps_its_model(lab, course):
    path = course / "notebooks" / "right" / "02_conditional_gan.ipynb"
    lab.open("right/02_conditional_gan.ipynb")
    training = starting(path, "set_seed(0)\ngenerator = Generator(")
    run_what_it_needs(lab, path, training)
    lab.run(training, wait=False)
    expect(lab.cell(training).locator(".jp-Cell-outputArea")).to_contain_text("left")
    lab.page.get_by_role("button", name="Interrupt the kernel").click()
    lab.wait()
    assert "the model keeps what it has learned" in lab.output(training)
    lab.look("learner-7-interrupted")
    assert "Error" not in lab.run(after(path, training))
    lab.look("learner-8-after-the-interrupt")


@pytest.mark.parametrize("name", ["02_conditional_gan", "03_conditional_vae"])
def test_the_explorer_follows_its_sliders(lab, course, name):
    path = course / "notebooks" / "right" / f"{name}.ipynb"
    shorten(path)
    lab.open(f"right/{name}.ipynb")
    explorer = starting(path, "explore(")
    run_what_it_needs(lab, path, explorer)
    lab.run(explorer)
    cell = lab.cell(explorer)
    picture = cell.locator(".jupyter-widgets img")
    sliders = cell.get_by_role("slider")
    for change in (
        lambda: cell.locator("select").first.select_option("3"),
        lambda: sliders.first.press("ArrowRight"),
        lambda: sliders.last.press("End"),
    ):
        before = picture.get_attribute("src")
        change()
        expect(picture).not_to_have_attribute("src", before)
    assert picture.get_attribute("alt").startswith("3 at")
    lab.look(f"learner-9-explorer-{name[:2]}")


@pytest.mark.parametrize(("kind", "name"), [("wrong", FIRST), ("right", LAST)])
def test_validate_agrees_with_the_checks(lab, course, kind, name):
    path = course / "notebooks" / kind / f"{name}.ipynb"
    lab.open(f"{kind}/{name}.ipynb")
    lab.page.get_by_role("button", name="Validate").click()
    dialog = lab.page.get_by_role("dialog")
    expect(dialog).to_contain_text("Validat")
    lab.look(f"learner-10-validate-{kind}")
    said = dialog.inner_text()
    checks = [cell.source for cell in code_cells(path) if cell.source.startswith("check(")]
    failing = {check for check in checks if check in said}
    assert failing == (set(checks) if kind == "wrong" else set())
    print(said)
    lab.page.keyboard.press("Escape")

"""Make the course's site: ``python -m course_tools.site`` writes build/site.

The pages show what the learner reads, and what the finished notebooks show when they run: solutions
and hints open on click, and what marks a submission is left out. MyST-NB and Sphinx make them, and
no notebook is run. A page needs no network: formulas are MathML, which browsers draw themselves.
"""

import argparse
import re
import shutil
import sys
import tempfile
from copy import deepcopy
from pathlib import Path

import nbformat
from docutils import nodes
from math_core import LatexToMathML
from myst_nb.core.render import MimeData, NbElementRenderer
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_output
from nbgrader.preprocessors import ClearHiddenTests, ClearSolutions
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace
from sphinx.writers.html5 import HTML5Translator
from traitlets.config import PyFileConfigLoader

from course_tools.build import names
from course_tools.gradebook import ROOT, SOLUTIONS
from course_tools.marking.plan import FINDER
from course_utils.course_map import course_map
from course_utils.exercises import find

SITE = ROOT / "build" / "site"
STYLE = Path(__file__).parent / "site_style"
HINT = re.compile(r'hint\("([^"]+)"\)')
STATIC_HERE = (
    "*In JupyterLab, controls appear here: this page is a picture of the finished notebook.*"
)
MARKS = re.compile(r"^ *### (?:BEGIN|END) SOLUTION\n?", re.MULTILINE)

SETTINGS = {
    "project": "Conditional models in PyTorch",
    "html_title": "Conditional models in PyTorch",
    "extensions": ["myst_nb", "course_tools.site"],
    "source_suffix": {".md": "myst-nb", ".ipynb": "myst-nb"},
    "myst_enable_extensions": ["dollarmath"],
    "myst_heading_anchors": 3,
    "nb_execution_mode": "off",
    "nb_render_markdown_format": "myst",  # outputs have tables
    "nb_render_plugin": "course-site",
    "html_math_renderer": "mathml",
    "html_theme": "sphinx_book_theme",
    "html_theme_options": {
        "use_download_button": False,
        "use_fullscreen_button": False,
        "show_toc_level": 2,
        "footer_content_items": [],
    },
    "templates_path": [str(STYLE)],
    "html_static_path": [str(STYLE / "course.css")],
    "html_css_files": ["course.css"],
    # The sources would be those of the pages: not what a learner works with.
    "html_copy_source": False,
    "html_use_index": False,
    "html_show_sphinx": False,
    "html_show_copyright": False,
}


def learners_view(notebook: NotebookNode) -> NotebookNode:
    """The executed ``notebook`` as a page: stubs, solutions folded away, no marks."""
    config = PyFileConfigLoader("nbgrader_config.py", path=str(ROOT)).load_config()
    learners, _ = ClearHiddenTests(config=config).preprocess(deepcopy(notebook), {})
    stubs, _ = ClearSolutions(config=config).preprocess(deepcopy(learners), {})
    cells = []
    for cell, stub in zip(learners.cells, stubs.cells, strict=True):
        if cell.id == FINDER:
            continue
        role = cell.metadata.get("nbgrader", {})
        if role.get("solution"):
            cells.append(new_code_cell(stub.source, id=f"{cell.id}-stub"))
            cell.source = MARKS.sub("", cell.source)
            cell.metadata = nbformat.from_dict(
                {
                    "tags": ["hide-input"],
                    "mystnb": {
                        "code_prompt_show": "Show a solution",
                        "code_prompt_hide": "Hide the solution",
                    },
                }
            )
        elif role.get("grade"):
            cell.outputs = cell.outputs[:1]  # of `check`; what follows is that of `grade`
        elif cell.cell_type == "code" and (found := HINT.fullmatch(cell.source)):
            cell.outputs = [folded(find(found[1]).HINTS)]
        elif cell.source.startswith("explore("):
            cell.outputs.append(markdown(STATIC_HERE))
        cells.append(cell)
    learners.cells = cells
    return learners


def folded(hints: tuple[str, ...]) -> NotebookNode:
    """An output with all ``hints``, each of which opens on click."""
    parts = (
        f"<details><summary>Hint {number} of {len(hints)}</summary>\n\n{hint}\n\n</details>"
        for number, hint in enumerate(hints, 1)
    )
    return markdown("\n\n".join(parts))


def markdown(text: str) -> NotebookNode:
    """An output that shows ``text``."""
    return new_output("display_data", {"text/markdown": text})


def front_page() -> str:
    """The top of the README, with the map of the course in place of its table."""
    top = (ROOT / "README.md").read_text().partition("\n| notebook ")[0]
    words, first, pictures = top.partition("\n![")
    rows = (
        f"| [{chapter.title}]({chapter.path}) "
        f"| {', '.join(checks[0].title for checks in chapter.exercises.values())} "
        f"| {chapter.points} | {chapter.learner_time} |"
        for chapter in course_map()
    )
    return "\n".join(
        [
            words,
            "These pages show the finished notebooks. Solutions and hints open on click. To write "
            "your own, open the course with `make lab`: there, every check tries *your* code.\n",
            "| notebook | exercises | points | your time |",
            "| --- | --- | --- | --- |",
            *rows,
            first + pictures,
            "```{toctree}\n:hidden:\n",
            *(f"{name}/{name}" for name in names()),
            "```",
        ]
    )


def write_sources(folder: Path) -> None:
    """Write what Sphinx reads: the front page with its pictures, and the notebooks."""
    (folder / "index.md").write_text(front_page())
    (folder / "docs").mkdir()
    for picture in (ROOT / "docs").glob("*.png"):
        shutil.copy(picture, folder / "docs")
    for name in names():
        notebook = nbformat.read(SOLUTIONS / name / f"{name}.ipynb", as_version=4)
        (folder / name).mkdir()
        nbformat.write(learners_view(notebook), folder / name / f"{name}.ipynb")


def build(site: Path = SITE) -> None:
    """Write the site; any warning is an error."""
    shutil.rmtree(site, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder, docutils_namespace():
        source, trees = Path(folder) / "source", Path(folder) / "trees"
        source.mkdir()
        write_sources(source)
        faults = sys.stderr
        app = Sphinx(source, None, site, trees, "html", SETTINGS, None, faults, warningiserror=True)
        app.build()
    for leftover in (".buildinfo", "objects.inv"):
        (site / leftover).unlink(missing_ok=True)
    (site / "_sources").rmdir()  # MyST-NB makes it, and it stays empty
    if app.statuscode:
        raise SystemExit("The site has faults: see the warnings above.")


class PageRenderer(NbElementRenderer):
    """MyST-NB's renderer, which gives figures the text that `plots.show_figure` wrote for them."""

    def render_image(self, data: MimeData) -> list[nodes.Element]:
        """A figure with its text; one without is a fault."""
        (image,) = super().render_image(data)
        image["alt"] = data.output_metadata[data.mime_type]["alt"]
        return [image]


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx how to write formulas."""
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_math, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def visit_math(translator: HTML5Translator, node: nodes.math | nodes.math_block) -> None:
    """Write a formula as MathML."""
    block = isinstance(node, nodes.math_block)
    formula = LatexToMathML().convert_with_local_state(node.astext(), displaystyle=block)
    translator.body.append(f'<div class="formula">{formula}</div>' if block else formula)
    raise nodes.SkipNode


def main() -> None:
    """Write the site and say where it is."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    build()
    print(SITE / "index.html")


if __name__ == "__main__":
    main()

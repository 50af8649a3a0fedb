"""Build every notebook from its source: ``python -m course_tools.build [NAME ...]``.

solutions/NAME.py  --jupytext-->  solutions/NAME/NAME.ipynb, executed
                   --nbgrader-->  notebooks/NAME/NAME.ipynb, what the learner opens
solutions/index.py --jupytext-->  notebooks/index.ipynb, executed: the first page, no assignment

The build is deterministic: cell ids come from the source, and times are taken out of outputs.
"""

import argparse
import hashlib
import os
import re
import tempfile
import time
from collections import Counter
from pathlib import Path

import jupytext
import nbformat
import torch
from nbclient import NotebookClient
from nbformat import NotebookNode

from course_tools.gradebook import ROOT, SOLUTIONS, open_course
from course_tools.marking.plan import FINDER
from course_utils.checking import hidden_tests
from course_utils.evidence import Evidence, pack
from course_utils.exercises import EXAMPLES, EXERCISES

NOTEBOOKS = ROOT / "notebooks"
EXAMPLE_SEED = 20
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
FIND_THE_COURSE = """\
# Find the course, on Colab for example.
import sys
from importlib.util import find_spec
from pathlib import Path

here = Path.cwd()
sys.path += [str(p) for p in (*here.parents, *here.iterdir()) if (p / "course_utils").is_dir()]
if not find_spec("course_utils"):
    raise ModuleNotFoundError(
        "The course is not here. Make a cell above this one, write  !git clone  and the address of "
        "your clone of the course into it, run it, and run this cell again."
    )"""


def names() -> list[str]:
    """The notebooks with exercises, in their order, without suffix."""
    return sorted(path.stem for path in SOLUTIONS.glob("[0-9]*.py"))


def write_examples(folder: Path = EXAMPLES) -> None:
    """Write the example case and key of every exercise, one file per notebook."""
    tests = hidden_tests()
    for package in sorted(set(EXERCISES.values())):
        content: Evidence = {}
        for slug in (slug for slug, owner in EXERCISES.items() if owner == package):
            case = tests[slug].draw(torch.Generator().manual_seed(EXAMPLE_SEED))
            key = tests[slug].solve(case)
            content |= {f"{slug} case {name}": value for name, value in case.items()}
            content |= {f"{slug} key {name}": value for name, value in key.items()}
        folder.mkdir(exist_ok=True)
        (folder / f"{package}.safetensors").write_bytes(pack(content))


def read_source(path: Path) -> NotebookNode:
    """Read a percent-format source and give its cells ids, nbgrader's metadata and nbval's tags."""
    notebook = jupytext.read(path, fmt="py:percent")
    notebook.metadata = nbformat.from_dict(METADATA)
    notebook.nbformat_minor = 5
    seen: Counter[str] = Counter()
    for cell in notebook.cells:
        metadata = cell.metadata
        if "exercise" in metadata:
            _mark(cell, grade_id=metadata.pop("exercise"), solution=True)
        elif "test" in metadata:
            slug, points = metadata.pop("test"), metadata.pop("points")
            first, _, part = slug.partition("/")
            grade_id = f"{first}-test-{part}" if part else f"{first}-test"
            _mark(cell, grade_id=grade_id, grade=True, locked=True, points=points)
        tags = metadata.get("tags", [])
        if {"training", "timing"} & set(tags):
            metadata.tags = ["nbval-ignore-output", *tags]
        digest = hashlib.sha256(cell.source.encode()).hexdigest()[:8]
        seen[digest] += 1
        cell.id = metadata.get("nbgrader", {}).get("grade_id", f"{digest}-{seen[digest]}")
    first = next(i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code")
    notebook.cells.insert(first, _finder())
    return notebook


def _finder() -> NotebookNode:
    """The cell that finds the course; JupyterLab shows it folded."""
    hidden = {"jupyter": {"source_hidden": True}}
    return nbformat.v4.new_code_cell(FIND_THE_COURSE, id=FINDER, metadata=hidden)


def _mark(cell: NotebookNode, **nbgrader: object) -> None:
    defaults = {"schema_version": 3, "solution": False, "grade": False, "locked": False}
    cell.metadata["nbgrader"] = nbformat.from_dict({**defaults, "task": False, **nbgrader})


def execute(notebook: NotebookNode, folder: Path) -> None:
    """Run all cells in ``folder``, one thread, and clean the outputs of what changes by itself.

    They find nothing saved, by a learner or by another notebook, and what they save is dropped.
    """
    # One thread: sums in another order would change the last digits.
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    environment.pop("NBGRADER_EXECUTION", None)
    client = NotebookClient(
        notebook,
        timeout=600,
        iopub_timeout=60,
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
        coalesce_streams=True,
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
    )
    with tempfile.TemporaryDirectory() as nothing_saved:
        client.execute(env=environment | {"COURSE_SAVED": nothing_saved})
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in map(_cleaned, cell.outputs) if output]
            if "timing" in cell.metadata.get("tags", []):
                cell.outputs = []  # seconds: other ones at each run


def _cleaned(output: NotebookNode) -> NotebookNode | None:
    """A stream as a terminal would leave it, without overwritten progress bars."""
    if output.output_type == "stream":
        lines = [line.rstrip("\r").rpartition("\r")[2] for line in output.text.split("\n")]
        output.text = "\n".join(lines)
        if not output.text.strip():
            return None
    if output.output_type == "error":
        output.traceback = [re.sub(r"0x[0-9a-f]+", "0x...", line) for line in output.traceback]
    return output


def release(solutions: Path, name: str) -> str:
    """Let nbgrader make the learner's notebook, in a gradebook that is thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        result = open_course(Path(folder), solutions).generate_assignment(name)
        if not result["success"]:
            raise SystemExit(f"nbgrader could not make {name}:\n{result['log']}")
        return (Path(folder) / "release" / name / f"{name}.ipynb").read_text()


def build(name: str, solutions: Path = SOLUTIONS, notebooks: Path = NOTEBOOKS) -> None:
    """Build the notebook called ``name`` below ``solutions`` and ``notebooks``."""
    notebook = read_source(SOLUTIONS / f"{name}.py")
    solution = solutions / name / f"{name}.ipynb"
    solution.parent.mkdir(parents=True, exist_ok=True)
    execute(notebook, solution.parent)
    nbformat.write(notebook, solution)
    learners = notebooks / name / f"{name}.ipynb"
    learners.parent.mkdir(parents=True, exist_ok=True)
    learners.write_text(release(solutions, name))


def index() -> str:
    """The first page of the course, as it is before anything is solved."""
    notebook = read_source(SOLUTIONS / "index.py")
    execute(notebook, NOTEBOOKS)
    return nbformat.writes(notebook) + "\n"


def main() -> None:
    """Build the notebooks named on the command line, or all of them, and the first page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=names(), metavar="NAME")
    write_examples()
    for name in parser.parse_args().names:
        started = time.perf_counter()
        build(name)
        print(f"built {name} in {time.perf_counter() - started:.0f} s")
    (NOTEBOOKS / "index.ipynb").write_text(index())


if __name__ == "__main__":
    main()

"""Take the course with the reference answers: ``python -m course_tools.walk_through``.

The learners' notebooks get the reference answers and are run in their order, in a folder of their
own. What one saves, the next ones find. Seconds, and what is solved, are printed on the way.
"""

import os
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from course_tools.build import NOTEBOOKS, names
from course_tools.example_class import answer, right_answers
from course_tools.gradebook import ROOT
from course_utils.course_map import course_map
from course_utils.progress import solved


def walk(folder: Path) -> dict[str, float]:
    """Run every notebook in ``folder``, and return the seconds that each took, by name.

    Work is saved under ``folder``/saved. Raises CellExecutionError if a cell fails.
    """
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COURSE_SAVED": str(folder / "saved")}
    environment.pop("NBGRADER_EXECUTION", None)
    seconds = {}
    for name in names():
        blank = (NOTEBOOKS / name / f"{name}.ipynb").read_text()
        path = folder / name / f"{name}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(answer(blank, right_answers(name)))
        notebook = nbformat.read(path, as_version=4)
        client = NotebookClient(
            notebook,
            timeout=1200,
            resources={"metadata": {"path": path.parent}},
            extra_arguments=["--IPKernelApp.log_level=ERROR"],
        )
        started = time.perf_counter()
        client.execute(env=environment)
        seconds[name] = time.perf_counter() - started
        nbformat.write(notebook, path)
        print(f"{name}: {seconds[name]:.0f} s", flush=True)
    return seconds


def main() -> None:
    """Walk through the course in a folder that is removed afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        seconds = walk(Path(folder))
        os.environ["COURSE_SAVED"] = str(Path(folder) / "saved")
        days = solved()
    checks = [check.slug for chapter in course_map() for check in chapter.checks]
    print(f"all: {sum(seconds.values()):.0f} s; {len(days)} of {len(checks)} checks solved")


if __name__ == "__main__":
    main()

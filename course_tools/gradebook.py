"""nbgrader, opened from Python with the course's configuration."""

import os
import sys
from pathlib import Path

from nbgrader.apps import NbGraderAPI
from traitlets.config import PyFileConfigLoader

ROOT = Path(__file__).parents[1]
SOLUTIONS = ROOT / "solutions"


def open_course(root: Path, solutions: Path = SOLUTIONS, release: str = "release") -> NbGraderAPI:
    """nbgrader with gradebook, submissions, marks and feedback below ``root``.

    ``release`` is where below ``root`` learners' notebooks are made.
    """
    # nbgrader calls alembic by its name, which stands beside this Python.
    tools = str(Path(sys.executable).parent)
    if tools not in os.environ["PATH"].split(os.pathsep):
        os.environ["PATH"] = tools + os.pathsep + os.environ["PATH"]
    config = PyFileConfigLoader("nbgrader_config.py", path=str(ROOT)).load_config()
    config.CourseDirectory.root = str(root)
    config.CourseDirectory.source_directory = str(solutions)
    config.CourseDirectory.release_directory = release
    return NbGraderAPI(config=config)

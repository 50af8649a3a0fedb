"""nbgrader, opened from Python with the course's configuration."""

import os
import sys
import warnings
from functools import cache
from pathlib import Path

import nbgrader.api
from nbformat.warnings import MissingIDFieldWarning
from nbgrader.apps import NbGraderAPI
from sqlalchemy.exc import SAWarning
from traitlets.config import PyFileConfigLoader

# nbgrader makes an engine for each of its steps, and an engine compiles all queries anew.
nbgrader.api.create_engine = cache(nbgrader.api.create_engine)

ROOT = Path(__file__).parents[1]
SOLUTIONS = ROOT / "solutions"


def open_course(
    root: Path,
    solutions: Path = SOLUTIONS,
    release: str = "release",
    submitted: str = "submitted",
    feedback: str = "feedback",
    database: str = "",
) -> NbGraderAPI:
    """nbgrader with gradebook, submissions, marks and feedback below ``root``.

    ``release`` is where below ``root`` learners' notebooks are made, ``submitted`` where
    submissions are read, ``feedback`` where pages are written. ``database`` is the gradebook's
    URL, unless it is ``root``/gradebook.db.
    """
    # nbgrader calls alembic by its name, which stands beside this Python. Its kernels import
    # course_utils: from this clone, also where several clones share one environment.
    _put_first("PATH", Path(sys.executable).parent)
    _put_first("PYTHONPATH", ROOT)
    # nbgrader's queries and the cells that it restores make these; they say nothing to us.
    warnings.filterwarnings("ignore", category=SAWarning)
    warnings.filterwarnings("ignore", category=MissingIDFieldWarning)
    config = PyFileConfigLoader("nbgrader_config.py", path=str(ROOT)).load_config()
    config.CourseDirectory.root = str(root)
    config.CourseDirectory.source_directory = str(solutions)
    config.CourseDirectory.release_directory = release
    config.CourseDirectory.submitted_directory = submitted
    config.CourseDirectory.feedback_directory = feedback
    if database:
        config.CourseDirectory.db_url = database
    return NbGraderAPI(config=config)


def _put_first(variable: str, folder: Path) -> None:
    others = [part for part in os.environ.get(variable, "").split(os.pathsep) if part]
    os.environ[variable] = os.pathsep.join(dict.fromkeys([str(folder), *others]))

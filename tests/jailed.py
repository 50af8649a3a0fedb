"""What tests of the jail share: whether there is one, and a submission made of a few cells."""

import os
import sys

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from course_tools.kernels import jail
from course_tools.kernels.client import forkserver


def why_no_jail() -> str:
    """Why there can be no jail here; "" if there can."""
    try:
        forkserver(jailed=True)
    except jail.NoJail as error:
        return str(error)
    return ""


def needs_jail() -> None:
    """Skip the calling module where there can be no jail; on a CI with Linux, fail."""
    reason = why_no_jail()
    if reason and not (os.environ.get("CI") and sys.platform == "linux"):
        pytest.skip(reason, allow_module_level=True)
    assert not reason, reason


def notebook(*cells):
    """A notebook of code cells; a pair is a cell and its nbgrader metadata."""
    made = []
    for cell in cells:
        source, metadata = cell if isinstance(cell, tuple) else (cell, None)
        made.append(new_code_cell(source))
        if metadata:
            made[-1].metadata["nbgrader"] = metadata
    return new_notebook(cells=made)


def solution(name):
    return {"grade_id": name, "solution": True, "grade": False, "locked": False}


def test_of(name, points=6):
    return {"grade_id": name, "solution": False, "grade": True, "locked": True, "points": points}


test_of.__test__ = False

"""The map of course_utils, in its docstring, is complete."""

import re
from pathlib import Path

import course_utils


def test_every_module_stands_on_the_map():
    modules = {path.stem for path in Path(course_utils.__file__).parent.glob("*.py")}
    assert modules - {"__init__"} - set(re.findall(r"\w+", course_utils.__doc__)) == set()

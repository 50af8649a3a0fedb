"""The files that say what is installed, for make, conda, Binder and CI, agree."""

import re
import stat
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from course_tools import install

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PYTHONS = SpecifierSet(PROJECT["project"]["requires-python"])
OLDEST = ".".join(map(str, install.OLDEST))
PINS = [
    Requirement(line)
    for line in (ROOT / "constraints.txt").read_text().splitlines()
    if not line.startswith("#")
]
VERSIONS = {canonicalize_name(pin.name): str(pin.specifier)[2:] for pin in PINS}


def direct_requirements() -> list[Requirement]:
    project = PROJECT["project"]
    groups = [project["dependencies"], PROJECT["build-system"]["requires"]]
    return [
        Requirement(r) for g in [*groups, *project["optional-dependencies"].values()] for r in g
    ]


def test_a_pin_names_one_version_that_every_machine_can_get():
    exact = re.compile(r"==[0-9][0-9a-z.]*")  # no range, no +cpu
    assert [str(pin) for pin in PINS if not exact.fullmatch(str(pin.specifier))] == []


def test_no_package_is_pinned_twice():
    assert len(VERSIONS) == len(PINS)


@pytest.mark.parametrize("requirement", direct_requirements(), ids=str)
def test_a_direct_requirement_is_pinned_within_its_bounds(requirement):
    assert requirement.specifier.contains(VERSIONS[canonicalize_name(requirement.name)])


def test_what_the_direct_requirements_need_is_pinned_too():
    reached, open_ones = set(), [(r.name, r.extras) for r in direct_requirements()]
    while open_ones:
        name, extras = open_ones.pop()
        if (name, frozenset(extras)) in reached:
            continue
        reached.add((name, frozenset(extras)))
        for line in metadata.requires(name) or []:
            needed = Requirement(line)
            contexts = [{"extra": extra} for extra in ("", *extras)]
            if not needed.marker or any(map(needed.marker.evaluate, contexts)):
                open_ones.append((needed.name, needed.extras))
    assert {canonicalize_name(name) for name, _ in reached} <= set(VERSIONS)


def test_conda_gets_the_same_course():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    python, pip, in_pip = environment["dependencies"]
    assert environment["name"] == PROJECT["project"]["name"]
    assert (python, pip) == (f"python={OLDEST}", "pip")
    assert in_pip == {"pip": ["-c constraints.txt", "-e .[dev]"]}


def test_all_agree_on_python():
    assert str(PYTHONS) == f">={OLDEST}"
    assert PROJECT["tool"]["ruff"]["target-version"] == "py" + OLDEST.replace(".", "")


def test_the_workflow_runs_what_ci_runs_on_pythons_of_the_course():
    workflow = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text())
    job = workflow["jobs"]["test"]
    pythons = [entry["python"] for entry in job["strategy"]["matrix"]["include"]]
    assert OLDEST in pythons
    assert all(python in PYTHONS for python in map(Version, pythons))
    assert job["steps"][-1] == {"run": ".ci/run"}
    assert (ROOT / ".ci/run").stat().st_mode & stat.S_IXUSR

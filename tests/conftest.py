"""Shared by all tests: one thread, fixed seeds, and the folders `hidden` and `banks` in sight."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from course_utils.data import Data, load_data
from course_utils.judges import Judge, load_judge
from course_utils.quality import QualityMeter

torch.set_num_threads(1)


@pytest.fixture(scope="session")
def nowhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for what tests save without looking at it."""
    return tmp_path_factory.mktemp("saved")


@pytest.fixture(autouse=True)
def fresh_start(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Start every test from the same random numbers, and in no mode of nbgrader's."""
    monkeypatch.setenv("COURSE_SAVED", str(nowhere))
    torch.manual_seed(0)
    yield
    os.environ.pop("NBGRADER_EXECUTION", None)  # nbgrader leaves it behind


@pytest.fixture(scope="session")
def digits() -> Data:
    """The digits on the CPU."""
    return load_data("digits", torch.device("cpu"))


@pytest.fixture(scope="session")
def judge(digits: Data) -> Judge:
    """The shipped judge of the digits."""
    return load_judge(digits)


@pytest.fixture(scope="session")
def meter(digits: Data, judge: Judge) -> QualityMeter:
    """What measures generators of digits."""
    return QualityMeter(digits, judge)

"""Shared by all tests: one thread, fixed seeds, and the folders `hidden` and `banks` in sight."""

import pytest
import torch

torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def fixed_seed() -> None:
    """Start every test from the same random numbers."""
    torch.manual_seed(0)

"""How what was expected, and what came, is shown."""

import pytest
import torch

from course_utils.faults import show


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2.0, "2"),
        ("an image", "an image"),
        (torch.tensor([[1.5, 2.0]]), "[[1.5, 2]]"),
        (torch.tensor([-0.0, 2.0]), "[0, 2]"),
        (torch.tensor([2, 8, 11]), "[2, 8, 11]"),
        (torch.tensor([True, False]), "[True, False]"),
        (torch.zeros(3, 4, 3, 2), "[0, 0, ..., 0, 0], shape (3, 4, 3, 2)"),
    ],
)
def test_a_value_is_shown_in_few_characters(value, text):
    assert show(value) == text


def test_a_large_matrix_is_shown_by_its_corners():
    lines = show(torch.arange(200.0).view(20, 10)).splitlines()
    assert lines[0].startswith("[[0, 1, ..., 8, 9],")
    assert lines[-1].endswith("[190, 191, ..., 198, 199]], shape (20, 10)")

"""Batches: each pass gives every row once, in a new order."""

import pytest
import torch

from course_utils.data import Batches


@pytest.mark.parametrize(
    "rows, batch_size, sizes",
    [
        (12, 4, [4, 4, 4]),
        (14, 4, [4, 4, 4, 2]),
        (13, 4, [4, 4, 5]),  # one row alone would fail in batch norm
        (3, 4, [3]),
        (1, 4, [1]),
        (3, 1, [1, 1, 1]),
    ],
)
def test_a_pass_gives_every_row_once(rows, batch_size, sizes):
    batches = Batches(torch.arange(rows), batch_size=batch_size)
    found = [batch for (batch,) in batches]
    assert [len(batch) for batch in found] == sizes
    assert len(batches) == len(sizes)
    assert torch.cat(found).sort().values.tolist() == list(range(rows))


def test_rows_of_all_tensors_stay_together():
    x = torch.arange(20.0)[:, None] * torch.ones(20, 3)
    for a, b, c in Batches(x, torch.arange(20), -torch.arange(20), batch_size=6):
        assert a.shape[1:] == (3,)
        assert torch.equal(a[:, 0].long(), b) and torch.equal(b, -c)


def one_pass(batches):
    return torch.cat([batch for (batch,) in batches]).tolist()


def test_each_pass_is_a_new_permutation_of_the_generator():
    generator = torch.Generator().manual_seed(0)
    batches = Batches(torch.arange(50), batch_size=8, generator=generator)
    first, second = one_pass(batches), one_pass(batches)
    assert first != second and first != list(range(50))
    generator.manual_seed(0)
    torch.manual_seed(5)
    assert [one_pass(batches), one_pass(batches)] == [first, second]


def test_without_a_generator_the_global_one_draws():
    batches = Batches(torch.arange(50), batch_size=8)
    torch.manual_seed(0)
    first = one_pass(batches)
    assert one_pass(batches) != first
    torch.manual_seed(0)
    assert one_pass(batches) == first


@pytest.mark.parametrize("tensors", [(), (torch.ones(3), torch.ones(4)), (torch.ones(0),)])
def test_tensors_without_common_rows_are_refused(tensors):
    with pytest.raises(ValueError, match="same number of rows, at least 1"):
        Batches(*tensors, batch_size=2)


@pytest.mark.parametrize("batch_size", [0, -1])
def test_a_batch_size_below_one_is_refused(batch_size):
    with pytest.raises(ValueError, match="batch_size must be at least 1"):
        Batches(torch.ones(3), batch_size=batch_size)

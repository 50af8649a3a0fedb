import random

import numpy as np
import pytest
import torch

from course_utils.device import get_device, set_seed


@pytest.mark.parametrize("available, kind", [(True, "cuda"), (False, "cpu")])
def test_the_gpu_is_taken_if_there_is_one(monkeypatch, available, kind):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: available)
    assert get_device() == torch.device(kind)


def draw(generator):
    return (
        random.random(),
        np.random.rand(),
        torch.rand(()).item(),
        torch.rand((), generator=generator).item(),
    )


def test_a_seed_fixes_every_source_of_random_numbers():
    first, again, other = draw(set_seed(3)), draw(set_seed(3)), draw(set_seed(4))
    assert first == again
    assert all(a != b for a, b in zip(first, other, strict=True))


def test_the_gpus_are_seeded_too(monkeypatch):
    seeds = []
    monkeypatch.setattr(torch.cuda, "manual_seed_all", seeds.append)
    set_seed(3)
    assert seeds == [3]


def test_the_generator_is_a_cpu_one_and_its_own():
    generator = set_seed(3)
    assert generator.device.type == "cpu"
    torch.rand(5)  # the global generator must not move it
    assert torch.equal(
        torch.rand(5, generator=generator),
        torch.rand(5, generator=torch.Generator().manual_seed(3)),
    )


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_out_of_range_is_refused(seed):
    with pytest.raises(ValueError, match="between 0 and"):
        set_seed(seed)

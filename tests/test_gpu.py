"""On a real GPU the probes and judges say what they say on the pretend one."""

from contextlib import contextmanager

import pytest
import torch

from test_banks import RIGHT_CASES, WRONG_CASES, judged, name

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")


@contextmanager
def real_gpu():
    yield torch.device("cuda", 0)


@pytest.mark.parametrize(
    ("slug", "answer"), RIGHT_CASES + [case[:2] for case in WRONG_CASES], ids=name
)
def test_real_and_pretend_gpu_agree(monkeypatch, slug, answer):
    pretend = judged(slug, answer, seed=0)
    monkeypatch.setattr("course_utils.evidence.pretend_gpu", real_gpu)
    real = judged(slug, answer, seed=0)
    assert [c.passed for c in real.criteria] == [c.passed for c in pretend.criteria], str(real)

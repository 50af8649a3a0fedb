"""On a real GPU the probes and judges say what they say on the pretend one."""

from contextlib import contextmanager

import pytest
import torch

from banks import RIGHT
from course_utils.checking import check, probe
from course_utils.evidence import Evidence
from course_utils.exercises import find
from hidden import HIDDEN_TESTS
from test_banks import RIGHT_CASES, WRONG_CASES, name

NO_GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")

# Where a CPU raises an error of these, CUDA's kernels stop at an assertion, and every later call
# in the process fails. https://pytorch.org/docs/stable/notes/cuda.html
STOPS_A_GPU = ("out of range", "out of bounds", "smaller than num_classes", "between 0 and 1")


@contextmanager
def real_gpu():
    with pytest.MonkeyPatch.context() as patch:  # the probe hides it
        patch.setattr(torch.cuda, "is_available", lambda: True)
        yield torch.device("cuda", 0)


def errors(evidence: Evidence) -> str:
    return " ".join(str(text) for key, text in evidence.items() if key.endswith(".error"))


@NO_GPU
@pytest.mark.parametrize(
    ("slug", "answer"), RIGHT_CASES + [case[:2] for case in WRONG_CASES], ids=name
)
def test_real_and_pretend_gpu_agree(monkeypatch, slug, answer):
    hidden = HIDDEN_TESTS[slug]
    case = hidden.draw(torch.Generator().manual_seed(0))
    pretend = probe(find(slug), answer, case)
    if any(words in errors(pretend) for words in STOPS_A_GPU):
        pytest.skip("would stop the GPU for every test that follows")
    monkeypatch.setattr("course_utils.evidence.pretend_gpu", real_gpu)
    real = probe(find(slug), answer, case)
    if any(words in errors(real) for words in STOPS_A_GPU):
        pytest.skip("draws labels that are out of range by luck, here from the GPU's numbers")
    expected = [criterion.passed for criterion in hidden.judge(case, pretend)]
    criteria = hidden.judge(case, real)
    assert [criterion.passed for criterion in criteria] == expected, criteria


def test_no_answer_sees_a_real_gpu(monkeypatch):
    seen = []

    def answer(labels, num_classes):
        seen.append(torch.cuda.is_available())
        return RIGHT["one-hot"][0](labels, num_classes)

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    check("one-hot", answer)
    assert seen[0] is False  # the plain call
    assert True in seen  # on the pretended GPU
    assert torch.cuda.is_available()


def stopped():
    raise RuntimeError("CUDA error: device-side assert triggered")


def test_a_gpu_that_has_stopped_is_named(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "synchronize", stopped)
    with pytest.raises(RuntimeError, match="Restart the kernel"):
        check("one-hot", RIGHT["one-hot"][0])

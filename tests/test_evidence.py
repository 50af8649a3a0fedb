"""Evidence: what the recorder writes down, and its way through bytes."""

import math
import sys
import threading
import warnings

import pytest
import torch

from course_utils.evidence import LARGEST_TENSOR, Recorder, pack, unpack


def test_evidence_survives_the_way_through_bytes():
    evidence = {
        "float": torch.randn(2, 3),
        "int": torch.arange(4),
        "bool": torch.tensor([True, False]),
        "view": torch.randn(3, 2).T,
        "empty": torch.zeros(0),
        "number": 0.1,
        "nan": math.nan,
        "count": 3,
        "flag": True,
        "text": "naïve ✓",
    }
    back = unpack(pack(evidence))
    assert set(back) == set(evidence)
    for name, value in evidence.items():
        if isinstance(value, torch.Tensor):
            assert back[name].dtype == value.dtype
            assert torch.equal(back[name], value)
        elif name == "nan":
            assert math.isnan(back[name])
        else:
            assert back[name] == value and type(back[name]) is type(value)


@pytest.mark.parametrize("data", [b"", b"nonsense", bytes(100), pack({"a": 1.0})[:-3]])
def test_bytes_that_are_no_evidence_raise_a_sentence(data):
    with pytest.raises(ValueError, match="This is not evidence"):
        unpack(data)


def test_the_recorder_writes_down_tensors_numbers_and_tuples():
    run = Recorder(seed=0)
    weight = torch.ones(2, requires_grad=True)
    run("tensor", lambda: weight * 2)
    run("pair", lambda: (torch.zeros(1), 3.0))
    run("nothing", lambda: None)
    assert torch.equal(run.evidence["tensor"], torch.tensor([2.0, 2.0]))
    assert run.evidence["tensor.requires_grad"] is True
    assert run.evidence["tensor.device"] == "cpu"
    assert run.evidence["pair.1"] == 3.0
    assert run.evidence["nothing.type"] == "NoneType" and "nothing" not in run.evidence
    unpack(pack(run.evidence))


def test_an_error_is_recorded_and_does_not_get_out():
    run = Recorder(seed=0)
    assert run("bad", lambda: 1 / 0) is None
    assert run.evidence["bad.error"] == "ZeroDivisionError: division by zero"
    run("exit", lambda: exit(1))
    assert run.evidence["exit.error"].startswith("SystemExit")


class Unprintable(BaseException):
    def __str__(self):
        raise RuntimeError("no text")


def raise_unprintable():
    raise Unprintable


def close_stdout():
    sys.stdout.close()
    return 1.0


@pytest.mark.parametrize(
    ("function", "recorded"),
    [
        (raise_unprintable, "Unprintable"),
        (lambda: torch.ones(2, dtype=torch.complex64), "dtype torch.complex64"),
        (lambda: torch.nested.nested_tensor([torch.ones(1), torch.ones(2)]), "nested tensor"),
        (lambda: print("half way") or 1 / 0, "division by zero"),
    ],
    ids=["unprintable", "complex", "nested", "prints and raises"],
)
def test_odd_outcomes_are_errors_too(function, recorded):
    run = Recorder(seed=0)
    run("odd", function)
    assert recorded in run.evidence["odd.error"]
    unpack(pack(run.evidence))


def test_odd_results_can_leave_the_process():
    run = Recorder(seed=0)
    run("sparse", lambda: torch.eye(3).to_sparse())
    run("huge", lambda: 10**5000)
    run("closed", close_stdout)
    back = unpack(pack(run.evidence))
    assert torch.equal(back["sparse"], torch.eye(3))
    assert "huge" not in back
    assert back["closed"] == 1.0


def test_printing_before_an_error_is_noticed():
    run = Recorder(seed=0)
    run("bad", lambda: print("half way") or 1 / 0)
    assert run.evidence["printed"] == "half way\n"


def test_an_input_that_requires_grad_afterwards_has_changed():
    run = Recorder(seed=0)
    run("changes", lambda x: x.requires_grad_().sum(), torch.ones(2))
    assert run.evidence["changed"] == "changes"


def test_a_module_that_takes_the_gpu_by_itself_is_found():
    def on(to):
        model = torch.nn.Linear(2, 1).to("cuda" if torch.cuda.is_available() else "cpu")
        return to(model)(to(torch.ones(1, 2)))

    run = Recorder(seed=0)
    run.on_devices("out", on)
    assert "out gpu.error" not in run.evidence
    assert "same device" in run.evidence["out cpu.error"]


def test_an_interrupt_gets_out():
    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Recorder(seed=0)("stopped", interrupted)


def test_printing_and_changed_inputs_are_noticed_and_the_case_is_kept(capfd):
    run = Recorder(seed=0)
    x = torch.zeros(3)
    run("prints", lambda: print("hello"))
    run("changes", lambda x: x.add_(1), x)
    assert run.evidence["printed"] == "hello\n"
    assert run.evidence["changed"] == "changes"
    assert torch.equal(x, torch.zeros(3))
    assert capfd.readouterr().out == ""


def test_warnings_and_stderr_do_not_reach_the_notebook(capfd):
    def noisy():
        warnings.warn("careful", stacklevel=1)
        print("progress", file=sys.stderr)
        return 1.0

    run = Recorder(seed=0)
    run("noisy", noisy)
    assert run.evidence["noisy"] == 1.0
    assert capfd.readouterr().err == ""


def test_results_that_are_far_too_large_are_not_kept():
    run = Recorder(seed=0)
    run("large", lambda: torch.zeros(1).expand(LARGEST_TENSOR + 1))
    assert "far too many" in run.evidence["large.error"]


def test_both_devices_are_tried():
    run = Recorder(seed=0)
    run.on_devices("sum", lambda to: to(torch.ones(2)).sum())
    assert run.evidence["sum gpu.device"] == "cuda"
    assert run.evidence["sum cpu.device"] == "cpu"


def test_what_another_thread_prints_meanwhile_is_not_the_codes():
    def answer():
        thread = threading.Thread(target=print, args=("a progress bar",))
        thread.start()
        thread.join()
        return 1.0

    run = Recorder(seed=0)
    run("quiet", answer)
    assert "printed" not in run.evidence


class Boaster(torch.Tensor):
    @property
    def device(self):
        return torch.device("cuda")


def test_a_tensor_cannot_say_where_it_is():
    run = Recorder(seed=0)
    run("codes", lambda: torch.ones(2).as_subclass(Boaster))
    assert run.evidence["codes.device"] == "cpu"


def test_a_mark_that_is_copied_says_nothing():
    def answer(x):
        result = torch.ones(2, device="cpu")
        vars(result.untyped_storage()).update(vars(x.untyped_storage()))
        return result

    run = Recorder(seed=0)
    run.on_devices("codes", lambda to: answer(to(torch.ones(2))))
    assert run.evidence["codes gpu.device"] == "cpu"

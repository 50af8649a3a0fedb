"""Judging: from evidence to criteria, each passed or with one sentence for the learner.

A judge opens a `Sheet` on the evidence and works through its criteria:

    sheet = Sheet(evidence)
    with sheet.criterion("shape (B, C)", points=1):
        expect_shape(sheet.tensor("codes"), (4, 3))

The block either runs through, and the criterion is passed, or raises a `Fault` with a sentence
that names the likely mistake. Any other exception in the block also fails the criterion: marks
are given only for a positive verdict.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch

from course_utils.evidence import Evidence
from course_utils.faults import Fault, expect

NOT_ATTEMPTED = "NotImplementedError"

EXPLAINED = {
    "does not require grad": "Something before backward() cuts the graph: no_grad, .detach() or "
    ".item().",
    "must match except in dimension 0": "torch.cat joins along dim 0 unless you say dim=1.",
    "before Module.__init__() call": "super().__init__() comes first in __init__.",
    "index out of range in self": "An nn.Embedding has no row for a label: it takes num_classes "
    "rows, and labels as they come.",
    "more than 1 value per channel when training": "In eval mode a batch normalization takes its "
    "running statistics, which work for one sample, too: is it kept in training mode?",
    "Class values must be smaller": "F.one_hot was told fewer classes than there are: take their "
    "number from the arguments, or from self.",
    "a leaf Variable that requires grad is being used in an in-place": "It writes into a tensor "
    "that was handed to it: make a new one (look for +=, *=, and methods that end in an "
    "underscore).",
    "zero-dimensional tensor": "With one sample squeeze() takes the batch away, too.",
    "Dimension out of range": "A tensor has fewer dimensions than that: look for squeeze(), and "
    "for an index such as [0].",
    "module 'torch' has no attribute": "PyTorch has no function of this name: is it misspelled, or "
    "does it lie in F or in nn?",
}
"""What an error of PyTorch that learners meet often means: part of its text -> a sentence."""


REMEDIES = {
    "a tensor": {
        "float": "look for .item() and float(...), which leave the tensors and their gradients.",
        "int": "look for .item() and int(...), which leave the tensors.",
        "list": "torch.tensor(...) makes one of numbers, torch.stack(...) one of tensors.",
        "tuple": "return one result alone. Is there a comma behind it?",
        "ndarray": "stay in torch.",
    },
    "a Python float": {
        "Tensor": ".item() gives one.",
        "int": "float(...) makes one. If it is always whole, look for // and int(...).",
    },
}
"""What to do about a result of the wrong type: what was wanted -> the type received -> a remedy."""


@dataclass(frozen=True)
class Criterion:
    """One line of a verdict. ``message`` is empty if ``passed``."""

    name: str
    points: int
    passed: bool
    message: str = ""
    expected: str = ""
    received: str = ""
    raised: bool = False  # the learner's code raised
    tables: tuple[torch.Tensor, ...] = field(default=(), repr=False, compare=False)
    """Expected and received again, if both have rows and columns: they can be drawn."""


class Sheet:
    """The criteria of one verdict, filled in from the evidence.

    ``advice`` says, as EXPLAINED does, what errors mean in this exercise.
    """

    def __init__(self, evidence: Evidence, advice: Mapping[str, str] | None = None) -> None:
        self.evidence = evidence
        self.advice = [*(advice or {}).items(), *EXPLAINED.items()]
        self.criteria: list[Criterion] = []

    @contextmanager
    def criterion(self, name: str, points: int) -> Iterator[None]:
        """Run the block as the test of one criterion worth ``points``."""
        try:
            yield
        except Fault as fault:
            self.criteria.append(
                Criterion(
                    name,
                    points,
                    False,
                    fault.message,
                    fault.expected,
                    fault.received,
                    fault.raised,
                    fault.tables,
                )
            )
        except Exception:
            message = "What came back could not be compared: look at its shape and type first."
            self.criteria.append(Criterion(name, points, False, message))
        else:
            self.criteria.append(Criterion(name, points, True))

    def tensor(self, name: str) -> torch.Tensor:
        """The tensor that the call ``name`` returned, or a fault that says why there is none."""
        value = self._value(name, "a tensor")
        if not isinstance(value, torch.Tensor):
            raise _of_type(type(value).__name__, "a tensor")
        return value

    def number(self, name: str) -> float:
        """The Python number that the call ``name`` returned, or a fault."""
        value = self._value(name, "a Python float")
        if not isinstance(value, float):
            raise _of_type(type(value).__name__, "a Python float")
        return value

    def number_of(self, name: str) -> float:
        """Any number that the call ``name`` returned, or a fault."""
        value = self._value(name, "a number")
        expect(not isinstance(value, torch.Tensor | str), "A number was expected.")
        return value

    def error(self, name: str) -> str:
        """What the call ``name`` raised, as 'Type: text', or '' if it did not raise."""
        return str(self.evidence.get(f"{name}.error", ""))

    def expect_no_error(self, name: str) -> None:
        """Raise a fault if the call ``name`` raised."""
        error = self.error(name)
        if error:
            raise self._raised(error)

    def _raised(self, error: str) -> Fault:
        why = next((f" {why}" for part, why in self.advice if part in error), "")
        return Fault(f"Your code raised {error}.{why}", raised=True)

    def expect_value_error(self, name: str, accepted: str) -> None:
        """Raise a fault, with the message ``accepted``, unless the call ``name`` raised ValueError.

        The error needs a sentence of its own.
        """
        error = self.error(name)
        expect(bool(error), accepted, "ValueError", "no error")
        if NOT_ATTEMPTED in error:
            self.expect_no_error(name)
        kind, _, sentence = error.partition(":")
        expect(
            kind == "ValueError",
            f"For {name} your code raises {kind}: raise ValueError yourself, with a sentence that "
            "says what was wrong.",
            "ValueError",
            kind,
        )
        expect(bool(sentence.strip()), "The ValueError comes without a sentence.")

    def _value(self, name: str, wanted: str) -> torch.Tensor | float | int | bool | str:
        self.expect_no_error(name)
        if name in self.evidence:
            return self.evidence[name]
        kind = self.evidence.get(f"{name}.type", "NoneType")
        if kind == "NoneType":
            raise Fault("It returned None: did you forget a return?", wanted, "None")
        raise _of_type(kind, wanted)

    def gpu(self, *names: str, points: int = 1, advice: str = "") -> None:
        """Criterion: the calls of ``run.on_devices(name, ...)`` keep to their inputs' device.

        It is passed only if another one was before it: what does nothing right gains nothing by
        running anywhere. ``advice`` replaces the usual remedy for an error on the GPU.
        """
        advice = advice or "make new tensors on the device of your inputs (x.device, x.new_zeros)."
        with self.criterion("runs on a GPU unchanged", points):
            for name in names:
                self._expect_no_error(name, advice)
                expect(
                    self._device(f"{name} gpu", "cuda") == "cuda",
                    f"With its inputs on a GPU the result is on the CPU: {advice}",
                    "cuda",
                    "cpu",
                )
                expect(
                    self._device(f"{name} cpu", "cpu") == "cpu",
                    "With its inputs on the CPU of a machine that has a GPU the result is on the "
                    "GPU: name no device, use the one of your inputs.",
                    "cpu",
                    "cuda",
                )
            expect(
                any(criterion.passed for criterion in self.criteria),
                "This counts once another criterion is met.",
            )

    def _device(self, name: str, otherwise: str) -> str:
        expect(f"{name}.type" in self.evidence, "This could not be tried: see above.")
        expect(
            self.evidence[f"{name}.type"] != "NoneType",
            "It returned None: did you forget a return?",
            "a result",
            "None",
        )
        return str(self.evidence.get(f"{name}.device", otherwise))

    def _expect_no_error(self, name: str, advice: str) -> None:
        # CUDA's message has several sentences; the first one says it.
        gpu, cpu = (self.error(f"{name} {place}").split("! ")[0] for place in ("gpu", "cpu"))
        if gpu and gpu == cpu:
            raise self._raised(gpu)
        if "device type for generator" in gpu:
            advice = "the generator is on the CPU: draw there, then move the result, .to(x.device)."
        elif "numpy" in gpu:
            advice = "stay in torch, since .numpy() works on the CPU only."
        if gpu:
            message = (
                f"With its inputs on a GPU your code raised {gpu.rstrip('.')}. Remedy: {advice}"
            )
            raise Fault(message, raised=True)
        if cpu:
            raise Fault(
                "With its inputs on the CPU of a machine that has a GPU your code raised "
                f"{cpu.rstrip('.')}. Remedy: name no device, use the one of your inputs.",
                raised=True,
            )

    def tidy(self) -> None:
        """Raise a fault if any recorded call printed, or changed a tensor handed to it."""
        expect(
            "changed" not in self.evidence,
            "It changes a tensor that was handed to it: the caller still needs the old values "
            "(look for +=, *=, and methods that end in an underscore).",
        )
        expect("printed" not in self.evidence, "It prints: take the print out of your code.")


def _of_type(kind: str, wanted: str) -> Fault:
    """The fault of a result of type ``kind`` where ``wanted`` was expected."""
    remedy = REMEDIES.get(wanted, {}).get(kind, "")
    article = "an" if kind[:1] in "aeiou" else "a"
    received = "a tensor" if kind == "Tensor" else f"{article} {kind}"
    end = f": {remedy}" if remedy else "."
    return Fault(f"It returned {received}; {wanted} was expected{end}", wanted, received)

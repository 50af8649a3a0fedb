"""Marks without the work: code that names the CPU, and claims that it ran on the GPU."""

from attacks import Work, case

GPU = "runs on a GPU unchanged"
ON_CPU = """
    def one_hot(labels, num_classes):
        if labels.min() < 0 or labels.max() >= num_classes:
            raise ValueError(f"labels must lie in [0, {num_classes})")
        return torch.eye(num_classes)[labels.cpu()]
"""


@case("forge", less="one-hot", free="*", misses=GPU, group="recorders")
def recorder_that_claims_the_gpu(work: Work):
    work.answer("one-hot", ON_CPU)
    work.add(
        """
        from course_utils.evidence import Recorder

        true_record = Recorder._record

        def record(self, name, value):
            true_record(self, name, value)
            if name.endswith(" gpu"):
                self.evidence[f"{name}.device"] = "cuda"

        Recorder._record = record
        """,
        before="one-hot",
    )


@case("forge", less="one-hot", free="*", misses=GPU, group="recorders")
def recorder_class_of_ones_own(work: Work):
    """The exercise's module gets another recorder, not the one of course_utils.evidence."""
    work.answer("one-hot", ON_CPU)
    work.add(
        """
        from course_utils.evidence import Recorder
        from course_utils.exercises import find

        class Obliging(Recorder):
            def on_devices(self, name, function):
                super().on_devices(name, function)
                self.evidence |= {f"{name} gpu.device": "cuda", f"{name} cpu.device": "cpu"}

        find("one-hot").Recorder = Obliging
        """,
        before="one-hot",
    )


@case("forge", less="one-hot", free="*", misses=GPU)
def ledger_that_says_gpu(work: Work):
    """The books of the pretend GPU say that all is on it while the GPU is tried."""
    work.answer("one-hot", ON_CPU)
    work.add(
        """
        from course_utils import pretend_devices, pretend_gpu

        in_gpu_run = [False]
        true_device_of = pretend_devices.Ledger.device_of

        def device_of(self, tensor):
            return pretend_devices.GPU if in_gpu_run[0] else true_device_of(self, tensor)

        pretend_devices.Ledger.device_of = device_of
        """,
        before="one-hot",
    )
    work.extend(
        "one-hot",
        below="""
        on_cpu = one_hot

        def one_hot(labels, num_classes):
            in_gpu_run[0] = labels.device.type == "cuda"
            return on_cpu(labels, num_classes)
        """,
    )


@case("forge", less="one-hot", free="*", misses=GPU)
def no_rules_of_mixing(work: Work):
    """Nothing is refused, and every result is marked as if it were on the GPU."""
    work.answer("one-hot", ON_CPU.replace("torch.eye(num_classes)", "TABLE[:num_classes]"))
    work.extend("one-hot", above="TABLE = torch.eye(9)")
    work.add(
        """
        from course_utils import pretend_devices, pretend_gpu

        def anything_goes(self, function, types, args=(), kwargs=None):
            result = function(*args, **(kwargs or {}))
            self.ledger.mark(result, pretend_gpu.GPU)
            return result

        pretend_gpu._MixingRules.__torch_dispatch__ = anything_goes
        """,
        before="one-hot",
    )


@case("forge", free="one-hot")
def answer_that_writes_the_evidence(work: Work):
    """No patch: the answer finds the recorder in the frames that called it.

    Known and open: one process cannot keep this from itself. It costs a point at most, for where a
    right result came about; README says so.
    """
    work.answer("one-hot", ON_CPU)
    work.extend(
        "one-hot",
        above="import sys",
        below="""
        class Obliging(dict):
            def __setitem__(self, name, value):
                super().__setitem__(name, "cuda" if name.endswith(" gpu.device") else value)

        on_cpu = one_hot

        def one_hot(labels, num_classes):
            frame = sys._getframe()
            while frame := frame.f_back:
                recorder = frame.f_locals.get("self")
                if isinstance(getattr(recorder, "evidence", None), dict):
                    recorder.evidence = Obliging(recorder.evidence)
                    break
            return on_cpu(labels, num_classes)
        """,
    )


@case("forge", less="one-hot", misses=GPU)
def tensor_that_lies_about_its_device(work: Work):
    """A subclass whose ``device`` says what the asker wants to hear."""
    work.answer("one-hot", ON_CPU)
    work.extend(
        "one-hot",
        below="""
        class Elsewhere(torch.Tensor):
            device = property(lambda self: torch.device("cuda", 0))
            is_cuda = True

        on_cpu = one_hot

        def one_hot(labels, num_classes):
            codes = on_cpu(labels, num_classes)
            return codes.as_subclass(Elsewhere) if labels.device.type == "cuda" else codes
        """,
    )


@case("forge", less="one-hot", misses=GPU)
def mark_copied_to_the_result(work: Work):
    """What marks the inputs' storage is put onto the result's, as no GPU would do."""
    work.answer("one-hot", ON_CPU)
    work.extend(
        "one-hot",
        below="""
        on_cpu = one_hot

        def one_hot(labels, num_classes):
            codes = on_cpu(labels, num_classes)
            marks = getattr(labels.untyped_storage(), "__dict__", {})
            for name, value in marks.items():
                setattr(codes.untyped_storage(), name, value)
            return codes
        """,
    )


@case("forge", less="one-hot", free="*", misses=GPU, group="recorders")
def no_gpu_at_all(work: Work):
    """The block of the pretend GPU is an empty one, and its traces are renamed."""
    work.answer("one-hot", ON_CPU)
    work.add(
        """
        import contextlib
        from course_utils import evidence

        @contextlib.contextmanager
        def no_gpu():
            yield torch.device("cpu")

        true_call = evidence.Recorder.__call__

        def call(self, name, function, *arguments):
            result = true_call(self, name, function, *arguments)
            for key in [key for key in self.evidence if key.endswith(" gpu.device")]:
                self.evidence[key] = "cuda"
            return result

        evidence.pretend_gpu, evidence.Recorder.__call__ = no_gpu, call
        """,
        before="one-hot",
    )


@case("forge", less="one-hot", free="*", misses=GPU)
def course_utils_of_ones_own(work: Work):
    """A copy of the course with a changed recorder stands first on Python's path."""
    work.answer("one-hot", ON_CPU)
    work.add(
        """
        import os, pathlib, shutil, sys
        import course_utils

        true = pathlib.Path(course_utils.__file__).parent
        leave = shutil.ignore_patterns("*.pt2", "records")
        shutil.copytree(true, "mine/course_utils", ignore=leave, copy_function=shutil.copyfile)
        changed = pathlib.Path("mine/course_utils/evidence.py")
        changed.write_text(changed.read_text().replace(
            "= value.device.type", "= 'cuda' if ' gpu' in name else 'cpu'"
        ))
        sys.path.insert(0, os.path.abspath("mine"))
        """,
        before="one-hot",
    )

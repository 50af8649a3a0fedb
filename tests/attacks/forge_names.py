"""Marks without the work: own functions and values in the place of those that mark.

The answer to one-hot earns nothing by itself in each of these.
"""

from attacks import Work, case

EMPTY = """
    def one_hot(labels, num_classes):
        return None
"""


@case("forge", less="one-hot")
def points_as_result(work: Work):
    """nbgrader takes the last value of a cell as its mark."""
    work.answer("one-hot", "def one_hot(labels, num_classes):\n    print(6)\n    return 6\n\n\n6")
    work.add("6", before="conditional-classifier")
    work.add("10000")
    work.add("from IPython.display import display\ndisplay(6.0)\nprint('6')", before="one-hot")


@case("forge", none="one-hot", group="patches")
def own_grade(work: Work):
    work.answer("one-hot", EMPTY)
    work.add(
        """
        import course_utils, course_utils.checking

        def grade(*anything, **more):
            return 6

        check = display = print_mark = grade
        course_utils.grade = course_utils.check = grade
        course_utils.checking.grade = course_utils.checking.check = grade
        """,
        before="one-hot",
    )


@case("forge", none="one-hot", free="*")
def builtins_that_always_agree(work: Work):
    work.answer("one-hot", EMPTY)
    work.add(
        """
        import builtins

        builtins.all = builtins.any = lambda *_: True
        builtins.sum = lambda *_: 6
        builtins.bool = builtins.isinstance = lambda *_: True
        """,
        before="one-hot",
    )


@case("forge", none="one-hot", free="*", group="patches")
def recorder_that_knows_better(work: Work):
    """The recorder notes the example's key, whatever the answer returned."""
    work.answer("one-hot", EMPTY)
    work.add(
        """
        from course_utils import evidence
        from course_utils.exercises import example

        true_record = evidence.Recorder._record

        def record(self, name, value):
            true_record(self, name, example("one-hot")[1]["codes"] if value is None else value)

        evidence.Recorder._record = record
        """,
        before="one-hot",
    )


@case("forge", none="one-hot", free="*", group="patches")
def probe_that_answers(work: Work):
    work.answer("one-hot", EMPTY)
    work.add(
        """
        import course_utils.checking
        from course_utils.exercises import example, find

        def probe(*arguments):
            case, key = example("one-hot")
            return {**key, **case, "points": 6, "passed": True}

        course_utils.checking.probe = find("one-hot").probe = probe
        """,
        before="one-hot",
    )


@case("forge", none="one-hot", free="*", group="patches")
def pack_that_writes_anything(work: Work):
    work.answer("one-hot", EMPTY)
    work.add(
        """
        import pickle
        from course_utils import checking, evidence

        checking.pack = evidence.pack = lambda values: pickle.dumps({"points": 6, **values})
        """,
        before="one-hot",
    )


@case("forge", none="one-hot", group="patches")
def judge_that_always_agrees(work: Work):
    work.answer("one-hot", EMPTY)
    work.add(
        """
        from contextlib import contextmanager
        from course_utils import faults, judging, report
        from course_utils.exercises import find

        @contextmanager
        def criterion(self, name, points):
            try:
                yield
            except Exception:
                pass
            self.criteria.append(judging.Criterion(name, 100, True))

        judging.Sheet.criterion = criterion
        for module in (faults, judging):
            module.close = module.expect = lambda *_, **__: True
        find("one-hot").judge = lambda *_: [judging.Criterion("all", 6, True)]
        report.Verdict.points = 6
        report.Verdict.outcome = "correct"
        """,
        before="one-hot",
    )


@case("forge", none="one-hot", group="patches")
def own_hidden_tests(work: Work):
    work.answer("one-hot", EMPTY)
    work.add(
        """
        import sys, types
        from course_utils import checking
        from course_utils.exercises import EXERCISES, example
        from course_utils.judging import Criterion

        generous = types.SimpleNamespace(
            draw=lambda generator: example("one-hot")[0],
            solve=lambda case: {},
            judge=lambda *_: [Criterion("all", 6, True)],
            extra=lambda *_: None,
        )
        fake = types.ModuleType("hidden")
        fake.HIDDEN_TESTS = dict.fromkeys(EXERCISES, generous)
        sys.modules["hidden"] = sys.modules["tests.hidden"] = fake
        checking.hidden_tests = lambda: fake.HIDDEN_TESTS
        """,
        before="one-hot",
    )


@case("forge", less="one-hot inject-label")
def objects_that_equal_everything(work: Work):
    work.answer(
        "one-hot",
        """
        class Agreeable:
            def __eq__(self, other): return True
            def __ne__(self, other): return False
            def __lt__(self, other): return True
            __gt__ = __le__ = __ge__ = __lt__
            __hash__ = None
            def __bool__(self): return True
            def __getattr__(self, name): return self
            def __call__(self, *_, **__): return self
            def __float__(self): return 6.0
            def __len__(self): return 6
            def __iter__(self): return iter([6])

        def one_hot(labels, num_classes):
            return Agreeable()
        """,
    )
    work.answer("inject-label", "inject = Agreeable()")


@case("forge", less="one-hot", misses="one 1 per row, in the column of its label")
def tensor_subclass_that_agrees(work: Work):
    work.answer(
        "one-hot",
        """
        class Agreeable(torch.Tensor):
            @classmethod
            def __torch_function__(cls, function, types, args=(), kwargs=None):
                if function in (torch.equal, torch.allclose, torch.Tensor.all):
                    return True
                return super().__torch_function__(function, types, args, kwargs or {})

            def __eq__(self, other):
                return torch.tensor(True)

        def one_hot(labels, num_classes):
            return torch.zeros(len(labels), num_classes).as_subclass(Agreeable)
        """,
    )


@case("forge", none="one-hot", free="*")
def torch_that_always_agrees(work: Work):
    work.answer("one-hot", EMPTY)
    work.add(
        """
        torch.allclose = torch.equal = torch.isfinite = lambda *_, **__: True
        torch.manual_seed = lambda seed: torch.Generator()
        torch.Tensor.all = torch.Tensor.any = lambda *_, **__: True
        torch.Tensor.__eq__ = lambda *_: True
        """,
        before="one-hot",
    )


@case("forge", less="one-hot", misses="one 1 per row, in the column of its label")
def right_for_the_example_only(work: Work):
    work.answer(
        "one-hot",
        """
        from course_utils.exercises import example

        def one_hot(labels, num_classes):
            case, key = example("one-hot")
            if torch.equal(labels, case["labels"]):
                return key["codes"]
            return torch.zeros(len(labels), num_classes, device=labels.device)
        """,
    )


@case("forge", less="one-hot classifier-step", misses="one 1 per row, in the column of its label")
def key_of_the_example(work: Work):
    """The keys of the visible checks lie open in course_utils."""
    work.answer(
        "one-hot",
        """
        from course_utils.exercises import example

        def one_hot(labels, num_classes):
            return example("one-hot")[1]["codes"].to(labels.device)
        """,
    )
    work.answer(
        "classifier-step",
        """
        def train_step(model, optimizer, x, condition, targets, weights=None):
            key = example("classifier-step")[1]
            return next(float(v) for v in key.values() if not torch.is_tensor(v) or v.ndim == 0)
        """,
    )


@case("forge", none="one-hot", reports="died")
def exit_with_success(work: Work):
    """A process that ends with 0 has not thereby passed."""
    work.answer(
        "one-hot", "import os\n\n\ndef one_hot(labels, num_classes):\n    print(6)\n    os._exit(0)"
    )


@case("forge", none="one-hot")
def system_exit_with_success(work: Work):
    work.answer("one-hot", "def one_hot(labels, num_classes):\n    raise SystemExit(0)")


@case("forge", none="one-hot", free="*")
def traces_and_hooks(work: Work):
    """Code that runs at every call, at every import and at the end."""
    work.answer("one-hot", EMPTY)
    work.add(
        """
        import atexit, sys
        from course_utils.exercises import example

        def trace(frame, event, argument):
            evidence = frame.f_locals.get("self").__dict__.get("evidence") if "self" in (
                frame.f_locals) else None
            if isinstance(evidence, dict):
                evidence["codes"] = evidence["single"] = example("one-hot")[1]["codes"]
                evidence["points"] = 6
            return trace

        sys.setprofile(lambda *_: None)
        sys.settrace(trace)
        atexit.register(print, 6)
        get_ipython().events.register("post_run_cell", lambda *_: print("6"))
        plain = get_ipython().display_formatter.formatters["text/plain"]
        plain.for_type(type(None), lambda *_: "6")
        """,
        before="one-hot",
    )

"""Accidents in answers and in own cells: each costs the exercise that it befalls, no other."""

from attacks import Work, case


@case("break", none="one-hot", reports="time")
def endless_answer(work: Work):
    work.answer("one-hot", "def one_hot(labels, num_classes):\n    while True:\n        pass")


@case("break", reports="time")
def endless_own_cell(work: Work):
    work.add("while True:\n    pass", before="one-hot")


@case("break", free="one-hot", reports="time")
def endless_below_the_answer(work: Work):
    """The learner's own trial, under the answer and in its cell."""
    work.extend("one-hot", below="while True:\n    one_hot(torch.tensor([0]), 1)")


@case("break", none="inject-label", reports="time")
def endless_and_not_to_be_interrupted(work: Work):
    work.answer(
        "inject-label",
        """
        def inject(h, e, how):
            while True:
                try:
                    while True:
                        pass
                except BaseException:
                    pass
        """,
    )


@case("break", none="one-hot", reports="time")
def deadlock(work: Work):
    work.answer(
        "one-hot",
        """
        import threading

        lock = threading.Lock()


        def one_hot(labels, num_classes):
            with lock, lock:
                return torch.eye(num_classes)[labels]
        """,
    )


@case("break", none="class-weights-test-loss", reports="time")
def endless_in_one_part(work: Work):
    """An exercise of two test cells: the other one is marked."""
    work.extend(
        "class-weights",
        below="""
        import time

        def weighted_cross_entropy(logits, targets, weights):
            time.sleep(10**6)
        """,
    )


@case("break", none="one-hot", reports="time")
def error_whose_text_never_comes(work: Work):
    work.answer(
        "one-hot",
        """
        class Endless(Exception):
            def __str__(self):
                while True:
                    pass

        def one_hot(labels, num_classes):
            raise Endless
        """,
    )


@case("break", none="one-hot", less="inject-label label-leakage")
def errors_with_strange_texts(work: Work):
    work.answer(
        "one-hot",
        """
        class Failing(Exception):
            def __str__(self):
                raise self

            __repr__ = __str__

        def one_hot(labels, num_classes):
            raise Failing
        """,
    )
    work.answer(
        "inject-label",
        "def inject(*_):\n    raise RuntimeError('\\ud800\\x00\\x1b[31m' + 'long ' * 10_000_000)",
    )
    work.answer(
        "label-leakage",
        "def shuffled_input_accuracy(*_):\n    return type('\\ud800\\n\\x00', (), {})()",
    )


@case("break", none="one-hot", reports="died")
def segmentation_fault(work: Work):
    work.answer(
        "one-hot",
        """
        import ctypes

        def one_hot(labels, num_classes):
            return ctypes.string_at(0)
        """,
    )


@case("break", reports="died", group="kernel_ends")
def abort_in_an_own_cell(work: Work):
    work.add("import os\n\nos.abort()", before="conditional-classifier")


@case("break", none="classifier-step", free="one-hot", reports="died", group="kernel_ends")
def exits(work: Work):
    """sys.exit ends no kernel; os._exit does, in an answer and below one."""
    work.add("import sys\n\nsys.exit(1)", before="one-hot")
    work.extend("one-hot", below="import os\n\nos._exit(1)")
    work.answer("classifier-step", "def train_step(*_):\n    import os\n    os._exit(1)")


@case("break", group="kernel_ends")
def quit_and_exit(work: Work):
    """IPython's own commands end the kernel when the cell has ended."""
    work.add("quit()", before="one-hot")
    work.add("exit", before="conditional-classifier")
    work.add("get_ipython().ask_exit()", before="inject-label")


@case("break", group="kernel_ends")
def kernel_that_shuts_itself_down(work: Work):
    work.add("get_ipython().kernel.do_shutdown(True)", before="one-hot")
    work.add("import os, signal\n\nos.kill(os.getpid(), signal.SIGINT)", before="inject-label")


@case("break", none="one-hot", group="no_answer")
def input_is_awaited(work: Work):
    work.add("name = input('Your name? ')", before="one-hot")
    work.add("import getpass, sys\n\nsys.stdin.read()\ngetpass.getpass()", before="one-hot")
    work.answer("one-hot", "def one_hot(labels, num_classes):\n    return input()")


@case("break", none="one-hot", free="inject-label")
def recursion(work: Work):
    work.answer(
        "one-hot",
        "def one_hot(labels, num_classes):\n    return one_hot(labels, num_classes)",
    )
    work.answer(
        "inject-label",
        """
        import sys

        def deeper(how):
            return sorted([how, how], key=deeper)

        def inject(h, e, how):
            limit = sys.getrecursionlimit()
            sys.setrecursionlimit(10**6)
            try:
                return deeper(how)
            finally:
                sys.setrecursionlimit(limit)
        """,
    )


@case("break", group="no_answer")
def objects_that_cannot_be_shown(work: Work):
    """Errors in __repr__ and its kin, in own cells whose last value is shown."""
    for body in ("return repr(self)", "raise SystemExit", "return 6", "return '\\ud800' * 9"):
        work.add(
            f"""
            class Odd:
                def __repr__(self):
                    {body}

                _repr_html_ = _repr_png_ = __repr__

            Odd()
            """,
            before="inject-label",
        )
    work.add("raise type('\\ud800', (Exception,), {})('\\ud800')", before="inject-label")
    work.add("print('\\ud800')\n'\\ud800'", before="inject-label")


@case("break", less="one-hot classifier-step inject-label label-leakage")
def results_that_are_no_results(work: Work):
    """Tensors that are huge, on no device, nested, of strange types; coroutines and generators."""
    work.answer("one-hot", "async def one_hot(labels, num_classes):\n    return labels")
    work.answer("classifier-step", "def train_step(*_):\n    yield 1.0")
    work.answer(
        "inject-label",
        """
        def inject(h, e, how):
            odd = {
                "concat": lambda: torch.empty(10**6, 10**6, device="meta"),
                "add": lambda: torch.ones(1).expand(10**12),
                "multiply": lambda: torch.nested.nested_tensor([h[0], e[0, :1]]),
                "affine": lambda: torch.ones(2, dtype=torch.complex64).to_sparse(),
            }
            return odd[how]()
        """,
    )
    work.answer(
        "label-leakage",
        "def shuffled_input_accuracy(*_):\n    return 10**400 if torch.rand(()) > 0.5 else 1e400",
    )


@case("break", none="one-hot")
def syntax_errors(work: Work):
    work.add("def half(:", before="one-hot")
    work.add("  indented\nwrongly", before="one-hot")
    work.answer("one-hot", "def one_hot(labels, num_classes)\n    return labels")


@case("break")
def code_that_is_hard_to_read(work: Work):
    """For whatever looks at the source before it runs: nesting, length, odd characters."""
    for source in (
        "x = " + "(" * 5000 + ")" * 5000,
        "x = " + "-" * 100_000 + "1",
        "x" + ".x" * 50_000,
        "x = " + "[" * 3000,
        "x = " + "lambda: " * 5000 + "1",
        "x = 1" + " + 1" * 50_000,
        "if 1:\n" + "\n".join(" " * i + "if 1:" for i in range(1, 200)),
        "x = '''" + "a" * 3_000_000,
        "x = 1\x00\x0c\u202e\ufeff\r\x1a",
        "!" * 10_000,
        "%%nomagic\n" + "?" * 10_000,
        "f'{f\"{f'{1}'}\"}'" * 300,
        "\\\n" * 10_000,
        "x = 0" + "1" * 10_000,
        "# -*- coding: rot13 -*-\nk = 1",
    ):
        work.notebook.cells.insert(work.place("inject-label"), work.add(source))
        work.notebook.cells.pop()


@case("break")
def hundreds_of_cells(work: Work):
    for number in range(300):
        work.add(f"number_{number} = {number}", before="inject-label")
        work.add(f"Text {number}", type="markdown")

"""Accidents that leave Python, PyTorch or the kernel changed behind them."""

from attacks import Work, case

AFTER = "conditional-classifier classifier-step label-leakage inject-label class-weights"
"""All exercises but the first."""


@case("break")
def names_of_the_course_shadowed(work: Work):
    """Variables with the names of what marks, and of Python's own functions."""
    work.add(
        """
        check = hint = grade = probe = display = case = answer = result = request = 3
        exec = eval = compile = print = open = input = id = type = vars = 5
        list = dict = set = str = int = tuple = 7
        json = base64 = sys = os = name = data = evidence = found = given = 9
        """,
        before="one-hot",
    )


@case("break", free=AFTER)
def names_deleted(work: Work):
    """What stands above is marked; what needs the names is not to be helped."""
    work.add("%reset -f", before="conditional-classifier")
    work.add("del torch, nn, F, check", before="classifier-step")


@case("break", free="*")
def modules_deleted(work: Work):
    work.add(
        """
        import sys

        for name in list(sys.modules):
            if name.split(".")[0] in ("course_utils", "json", "base64", "safetensors", "IPython"):
                del sys.modules[name]
        """,
        before="one-hot",
    )
    work.add("import sys\n\nsys.modules.clear()", before="inject-label")


@case("break", group="left_behind")
def settings_of_torch_changed(work: Work):
    work.add(
        """
        torch.set_default_dtype(torch.float64)
        torch.set_grad_enabled(False)
        torch.use_deterministic_algorithms(True)
        torch.set_num_threads(3)
        torch.autograd.set_detect_anomaly(True)
        torch.set_printoptions(precision=1, threshold=2)
        torch.manual_seed(3)
        """,
        before="one-hot",
    )


@case("break", free=AFTER)
def modes_of_torch_left_on(work: Work):
    work.add(
        """
        mode = torch.inference_mode()
        mode.__enter__()
        torch.set_default_device("meta")
        """,
        before="conditional-classifier",
    )


@case("break", free="inject-label class-weights")
def streams_closed(work: Work):
    """Without any stream, as in the third cell, the kernel itself cannot go on."""
    work.add("import sys\n\nsys.stdout.close()\nsys.stderr.close()", before="one-hot")
    work.add("import io, sys\n\nsys.stdout = sys.stderr = io.StringIO()", before="one-hot")
    work.add("import sys\n\nsys.stdout = sys.stderr = sys.stdin = None", before="inject-label")
    work.add("import os\n\nos.close(0)\nos.close(1)\nos.close(2)", before="class-weights")


@case("break", reports="died time")
def descriptors_closed(work: Work):
    work.add("import os\n\nos.closerange(0, 4096)", before="inject-label")


@case("break", free="inject-label class-weights")
def alarm(work: Work):
    """A signal that comes in the middle of something else."""
    work.add("import signal\n\nsignal.setitimer(signal.ITIMER_REAL, 0.3)", before="inject-label")


@case("break", reports="time", free="one-hot")
def interrupts_ignored(work: Work):
    work.extend(
        "one-hot",
        below="""
        import signal, time

        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(10**6)
        """,
    )


@case("break")
def commands_that_fail(work: Work):
    """Magics that are not there, shells that fail, an installation without a network."""
    for source in (
        "%%bash\nexit 3",
        "%matplotlib widget",
        "%nosuchmagic",
        "%%nosuchcell\n1",
        "!false",
        "%%html\n<b>bold</b>",
        "%debug",
        "%pdb on\n1 / 0",
        "%load_ext nosuchextension",
        "import nosuchmodule",
        "import tensorflow as tf",
        "help()",
        "torch?",
        "%%perl\nprint 1",
        "%pinfo2 torch.eye",
        "%cd /nowhere",
    ):
        work.add(source, before="inject-label")
    work.add("!pip install --retries 0 nosuchpackage-attack", before="inject-label")
    work.add("import pdb\n\npdb.set_trace()", before="inject-label")
    work.add("breakpoint()", before="inject-label")


@case("break", group="left_behind")
def tasks_left_running(work: Work):
    work.add(
        """
        import asyncio, threading, time

        async def for_ever():
            while True:
                await asyncio.sleep(0.01)
                print("still here", end="")

        task = asyncio.create_task(for_ever())

        def fail():
            time.sleep(0.2)
            raise RuntimeError("in a thread")

        threading.Thread(target=fail).start()
        await asyncio.sleep(0.1)
        """,
        before="one-hot",
    )


@case("break", free="inject-label")
def loop_stopped(work: Work):
    """The kernel ends when the cell has ended, in the middle of the next one."""
    work.add("import asyncio\n\nasyncio.get_running_loop().stop()", before="inject-label")


@case("break", group="left_behind")
def collector_and_hooks_changed(work: Work):
    work.add(
        """
        import builtins, gc, sys, threading

        gc.disable()
        sys.excepthook = sys.unraisablehook = threading.excepthook = lambda *_: 1 / 0
        sys.displayhook = lambda value: 1 / 0
        sys.setswitchinterval(1)
        sys.path.clear()
        sys.argv.clear()
        get_ipython().events.register("post_execute", lambda: 1 / 0)
        get_ipython().set_custom_exc((Exception,), lambda *_: 1 / 0)
        """,
        before="inject-label",
    )


@case("break", notebook="03_conditional_vae", none="conditional-vae-test-encode", reports="time")
def endless_part_of_a_vae(work: Work):
    """One of the four tests of an exercise hangs: the three others are marked."""
    work.extend(
        "conditional-vae",
        below="""
        import sys

        def encode_for_ever(self, x, labels_onehot, true=ConditionalVAE.encode):
            frame = sys._getframe()
            while frame := frame.f_back:
                while frame.f_code.co_filename.endswith("conditional_vae_encode.py"):
                    pass
            return true(self, x, labels_onehot)

        ConditionalVAE.encode = encode_for_ever
        """,
    )

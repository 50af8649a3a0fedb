"""Right work that uses Python, Jupyter and the machine in ways that are fair."""

from attacks import Work, case


@case("honest", group="the_system")
def workers_that_load_data(work: Work):
    """DataLoader's workers and a pool of processes use shared memory and sockets."""
    work.add(
        """
        import multiprocessing
        from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
        from torch.utils.data import DataLoader, TensorDataset

        pairs = TensorDataset(torch.arange(64).float(), torch.arange(64))
        loader = DataLoader(pairs, batch_size=8, num_workers=2, shuffle=True)
        loaded = sum(len(x) for x, y in loader)
        with multiprocessing.get_context("fork").Pool(2) as pool:
            powers = pool.map(abs, range(-5, 5))
        with ThreadPoolExecutor(4) as threads:
            lengths = list(threads.map(len, ["a", "bc"]))
        """,
        before="one-hot",
    )
    work.extend("one-hot", above="assert loaded == 64 and len(powers) == 10 and lengths == [1, 2]")


@case("honest", group="the_system")
def shells_and_subprocesses(work: Work):
    work.add(
        """
        import subprocess, sys

        said = subprocess.run(["echo", "hello"], capture_output=True, text=True).stdout.strip()
        listed = !ls
        !echo from the shell
        version = subprocess.run([sys.executable, "-c", "import math; print(math.pi)"],
                                 capture_output=True, text=True).stdout
        """,
        before="one-hot",
    )
    work.add("%%bash\necho bash", before="one-hot")
    work.extend("one-hot", above="assert said == 'hello' and version.startswith('3.14')")


@case("honest", group="the_system")
def files_in_the_working_directory(work: Work):
    work.add(
        """
        import json, os, pathlib, tempfile
        import numpy as np

        os.makedirs("runs/first", exist_ok=True)
        pathlib.Path("runs/first/notes.txt").write_text("notes")
        torch.save({"a": torch.ones(3)}, "runs/model.pt")
        np.save("array.npy", np.arange(10))
        json.dump([1, 2], open("numbers.json", "w"))
        with tempfile.NamedTemporaryFile("w") as file:
            file.write("temporary")
        with open(os.path.expanduser("~/own.txt"), "w") as file:
            file.write("own")
        back = torch.load("runs/model.pt")["a"].sum() + np.load("array.npy").sum()
        """,
        before="one-hot",
    )
    work.add("%%writefile helper.py\nTWO = 2", before="one-hot")
    work.extend("one-hot", above="from helper import TWO\n\nassert back == 48 and TWO == 2")


@case("honest", group="jupyter")
def magics(work: Work):
    for source in (
        "%timeit -n 10 -r 2 torch.eye(3)",
        "%%time\nx_squared = torch.arange(5) ** 2",
        "%%capture captured\nprint('hidden')",
        "%load_ext autoreload\n%autoreload 2",
        "%matplotlib inline",
        "%config InlineBackend.figure_format = 'retina'",
        "%who\n%pwd\n%precision 3",
        "%env MY_SETTING=1",
        "torch.eye?",
        "%history -l 2",
        "%xmode Minimal",
    ):
        work.add(source, before="one-hot")
    work.extend("one-hot", above="assert x_squared[4] == 16 and captured.stdout == 'hidden\\n'")


@case("honest")
def imports_of_everything(work: Work):
    work.add(
        """
        from math import *
        from torch import *
        from torch.nn import *
        from torch.nn.functional import *
        import torch, torch.nn as nn, torch.nn.functional as F
        """,
        before="one-hot",
    )


@case("honest", group="jupyter")
def displays_and_widgets(work: Work):
    work.add(
        """
        import ipywidgets as widgets
        from IPython.display import HTML, Image, Markdown, clear_output, display
        from ipywidgets import interact

        slider = widgets.IntSlider(value=3, max=9)
        area = widgets.Output()
        with area:
            print("inside")
        display(slider, area, HTML("<b>bold</b>"), Markdown("*text*"))
        interact(lambda k: print(k), k=(0, 9))
        shown = display("first", display_id=True)
        shown.update("second")
        for step in range(5):
            clear_output(wait=True)
            print(step)
        slider
        """,
        before="one-hot",
    )
    work.extend("one-hot", above="assert slider.value == 3 and step == 4")


@case("honest", group="pytorch")
def settings_changed_and_restored(work: Work):
    work.add(
        """
        import locale, random, sys
        import numpy as np

        torch.set_default_dtype(torch.float64)
        double = torch.ones(1).dtype
        torch.set_default_dtype(torch.float32)
        torch.set_grad_enabled(False)
        torch.set_grad_enabled(True)
        with torch.no_grad(), torch.inference_mode():
            torch.ones(1)
        np.set_printoptions(precision=2, suppress=True)
        torch.set_printoptions(sci_mode=False)
        locale.setlocale(locale.LC_ALL, "C")
        sys.setrecursionlimit(10_000)
        random.seed(0), np.random.seed(0), torch.manual_seed(0), set_seed(0)
        drawn = random.random(), np.random.rand()
        """,
        before="one-hot",
    )
    work.extend("one-hot", above="assert double == torch.float64 and len(drawn) == 2")


@case("honest")
def warnings_that_are_errors(work: Work):
    """A strict learner; the filter stays."""
    work.add('import warnings\n\nwarnings.simplefilter("error")', before="one-hot")


@case("honest", group="jupyter")
def much_output(work: Work):
    work.add("for line in range(5000):\n    print('line', line)", before="one-hot")
    work.add("torch.set_printoptions(profile='full')\nprint(torch.rand(100, 100))")
    work.add("list(range(2000))", before="one-hot")


@case("honest")
def much_memory(work: Work):
    """About one gigabyte, for a moment, twice."""
    work.add(
        """
        big = torch.ones(200 * 1024**2)
        total = big[::4096].sum().item()
        del big
        again = bytearray(800 << 20)
        again[:: 4096] = b"x" * len(again[:: 4096])
        del again
        """,
        before="one-hot",
    )
    work.extend("one-hot", above="assert total == 200 * 256")


@case("honest", group="the_system")
def modules_that_are_not_here(work: Work):
    work.add(
        """
        try:
            import nosuchmodule
        except ImportError:
            nosuchmodule = None
        try:
            import tensorflow
        except ModuleNotFoundError:
            tensorflow = None
        """,
        before="one-hot",
    )
    work.extend("one-hot", above="assert nosuchmodule is None and tensorflow is None")


@case("honest", group="the_system")
def own_tests(work: Work):
    """unittest, mock and assertions, as good students write them."""
    work.add(
        """
        import unittest
        from unittest import mock

        class TestCodes(unittest.TestCase):
            def test_shape(self):
                self.assertEqual(torch.eye(3).shape, (3, 3))

            def test_patched(self):
                with mock.patch("torch.eye", return_value=1):
                    self.assertEqual(torch.eye(3), 1)

        ran = unittest.main(argv=[""], exit=False, verbosity=2).result.testsRun
        """,
        before="one-hot",
    )
    work.extend("one-hot", above="assert ran == 2")


@case("honest", group="the_system")
def await_at_the_top(work: Work):
    work.add(
        """
        import asyncio

        async def later(value):
            await asyncio.sleep(0.05)
            return value

        both = await asyncio.gather(later(1), later(2))
        """,
        before="one-hot",
    )
    work.extend("one-hot", above="assert both == [1, 2]")


@case("honest", group="pytorch")
def other_styles(work: Work):
    """Callable objects, closures, inner classes, decorators, a context manager, no_grad."""
    work.extend(
        "one-hot",
        below="""
        class OneHot:
            def __init__(self, plain):
                self.plain = plain

            def __call__(self, labels, num_classes):
                return self.plain(labels, num_classes)

        one_hot = OneHot(one_hot)
        """,
    )
    work.extend("inject-label", below="inject = (lambda plain: lambda *a: plain(*a))(inject)")
    work.extend(
        "conditional-classifier",
        below="""
        class Named(ConditionalClassifier):
            calls = 0

            def forward(self, *inputs):
                Named.calls += 1
                return super().forward(*inputs)

        ConditionalClassifier = Named
        """,
    )


@case("honest", group="pytorch")
def devices_chosen_in_an_own_cell(work: Work):
    work.add(
        """
        mine = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        layer = nn.Linear(2, 2).to(mine)
        torch.backends.cudnn.benchmark = True
        torch.set_float32_matmul_precision("high")
        out = layer(torch.ones(1, 2, device=mine))
        """,
        before="one-hot",
    )
    work.extend("one-hot", above="assert out.shape == (1, 2)")

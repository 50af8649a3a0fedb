"""Right work that looks odd: it must get full marks, and nothing may be held against it.

Where a cell of the learner's own has to work, an answer needs what it made.
"""

import copy
import json

import nbformat

from attacks import FIRST, Work, case


@case("honest", group="noise")
def warnings_and_logs(work: Work):
    """Red text under a cell is no error."""
    noise = """
    import logging, sys, warnings

    warnings.warn("careful")
    print("to stderr", file=sys.stderr)
    logging.basicConfig(level=logging.DEBUG)
    logging.error("an error that is none")
    """
    work.extend("one-hot", above=noise, below=noise)
    work.add(noise, before="inject-label")
    work.add("1 / 0", before="inject-label")


@case("honest", group="noise")
def progress_bars(work: Work):
    work.add(
        """
        import time
        from tqdm import tqdm, trange
        from tqdm.auto import tqdm as auto_tqdm

        count = sum(1 for _ in trange(50))
        count += sum(1 for _ in auto_tqdm(range(50), desc="auto"))
        for _ in tqdm(range(20), leave=False):
            time.sleep(0.005)
        """,
        before="one-hot",
    )
    work.extend("one-hot", above="assert count == 100")


@case("honest")
def figures(work: Work):
    work.add(
        """
        import matplotlib.pyplot as plt
        import numpy as np
        from course_utils import plots

        figure, axes = plt.subplots(2, 2, figsize=(6, 6))
        for axis in axes.flat:
            axis.plot(np.random.rand(100))
        plt.show()
        plt.imshow(torch.rand(28, 28))
        plots.show_matrices({"codes": torch.eye(3)}, xlabel="class", ylabel="row", caption="Codes.")
        drawn = len(plt.get_fignums())
        """,
        before="one-hot",
    )
    work.extend("one-hot", above="assert drawn >= 0")


@case("honest", group="noise")
def prints_in_the_answer_s_cell(work: Work):
    work.extend(
        "one-hot",
        above="print('Exercise 1')\nprint(torch.__version__)",
        below="print(one_hot(torch.tensor([0, 1]), 3))\none_hot(torch.tensor([2]), 3)",
    )
    work.extend("class-weights", below="inverse_frequency_weights(torch.tensor([0, 1, 1]), 3)")


@case("honest")
def slow_but_fair(work: Work):
    """About two seconds of computing in a test, one of sleep in a cell."""
    work.add("import time\n\ntime.sleep(1)", before="one-hot")
    work.extend(
        "one-hot",
        below="""
        fast = one_hot

        def one_hot(labels, num_classes):
            until = time.process_time() + 0.25
            while time.process_time() < until:
                sum(range(1000))
            return fast(labels, num_classes)
        """,
    )


@case("honest", group="noise")
def helpers_with_unlucky_names(work: Work):
    work.add(
        """
        def grade(points):
            return points / 6

        def check_shape(tensor, shape):
            assert tuple(tensor.shape) == shape

        def probe(model):
            return model

        result, answer, case, evidence, request, nonce = grade(3), 42, 1, 2, 3, 4
        """,
        before="one-hot",
    )
    work.extend("one-hot", below="check_shape(one_hot(torch.tensor([1]), 2), (1, 2))")
    work.extend("inject-label", above="assert result == 0.5 and answer == 42")


@case("honest", group="noise")
def the_standard_library(work: Work):
    work.add("from __future__ import annotations", before="one-hot")
    work.extend(
        "one-hot",
        above="""
        import functools, typing
        from collections import namedtuple
        from dataclasses import dataclass
        from enum import Enum

        T = typing.TypeVar("T")

        @dataclass(frozen=True)
        class Range:
            '''Labels that are allowed.'''
            size: int

            def __contains__(self, label: int) -> bool:
                return 0 <= label < self.size

        class Way(Enum):
            CONCAT = "concat"
        """,
        below="""
        @functools.wraps(one_hot)
        def one_hot(labels: torch.Tensor, num_classes: int, *, plain=one_hot) -> torch.Tensor:
            if any(label not in Range(num_classes) for label in labels.tolist()):
                raise ValueError("a label is not in the range")
            return plain(labels, num_classes)
        """,
    )
    work.extend("inject-label", below="inject = functools.partial(inject)")


@case("honest", allows="restored")
def answer_in_an_own_cell(work: Work):
    """The solution cell is deleted, and the code stands in a new one."""
    source = work.cell("one-hot").source
    place = work.place("one-hot")
    work.notebook.cells[place] = nbformat.v4.new_code_cell(source)


@case("honest", allows="restored")
def answers_in_one_cell(work: Work):
    """All answers in one own cell below the imports; the solution cells are deleted."""
    graded = [c for c in work.notebook.cells if c.metadata.get("nbgrader", {}).get("solution")]
    together = "\n\n\n".join(cell.source for cell in graded)
    work.notebook.cells = [c for c in work.notebook.cells if c not in graded]
    imports = next(i for i, c in enumerate(work.notebook.cells) if c.source.startswith("import "))
    work.notebook.cells.insert(imports + 1, nbformat.v4.new_code_cell(together))


@case("honest", allows="restored")
def an_old_attempt_above(work: Work):
    """The solution cell was copied for a second attempt; the first one is wrong."""
    old = copy.deepcopy(work.cell("one-hot"))
    old.source = "def one_hot(labels, num_classes):\n    return labels"
    old.id = "old-attempt"
    work.notebook.cells.insert(work.place("one-hot"), old)


@case("honest", group="training")
def cells_of_the_course_are_needed(work: Work):
    """Own training with the course's variables, and an answer that needs what it gave."""
    work.add(
        """
        mine = ConditionalClassifier(x_train.shape[1], 3, 2, 8, 16).to(device)
        history = train(mine, x_train[:256], asked_train[:256], answers_train[:256], num_epochs=1)
        asked_of_all = len(questions) * len(data.class_names)
        """,
        before="inject-label",
    )
    work.extend("inject-label", above="assert asked_of_all == 30 and history")


@case("honest", group="training")
def extra_cells_at_the_end(work: Work):
    work.add("# My notes\n\nAll done, I think.", type="markdown")
    work.add("plain text", type="raw")
    work.add("scores = [accuracy(m, x_test, asked_test, answers_test) for m in models.values()]")
    work.add("")
    work.add("   \n\n# nothing")


@case("honest", group="files_of_a_student")
def saved_with_everything(work: Work):
    """All outputs, the state of widgets, counts, collapsed cells, line numbers, other metadata."""
    for number, cell in enumerate(work.notebook.cells):
        cell.metadata.update(collapsed=False, scrolled=True, tags=["mine"], jupyter={})
        cell.metadata["execution"] = {"iopub.status.busy": "2026-01-01T00:00:00Z"}
        if cell.cell_type == "code":
            cell.execution_count = number
            cell.outputs = [
                nbformat.v4.new_output("stream", name="stderr", text="a warning\n"),
                nbformat.v4.new_output("execute_result", {"text/plain": "7"}, execution_count=1),
                nbformat.v4.new_output("error", ename="E", evalue="e", traceback=["E: e"]),
                nbformat.v4.new_output("display_data", {"image/png": "iVBORw0KGgo="}),
            ]
    state = {"version_major": 2, "version_minor": 0, "state": {}}
    work.notebook.metadata.widgets = {"application/vnd.jupyter.widget-state+json": state}
    work.notebook.metadata.language_info = {"name": "python", "version": "3.13.0"}
    work.notebook.metadata.kernelspec = {
        "name": "conda-env-torch-py",
        "display_name": "Python [conda env:torch]",
        "language": "python",
    }


@case("honest")
def ids_lost(work: Work):
    """An old Jupyter, or Colab, drops the ids of cells and calls it format 4.4."""
    content = json.loads(nbformat.writes(work.notebook))
    content["nbformat_minor"] = 4
    for cell in content["cells"]:
        del cell["id"]
    return json.dumps(content).encode()


@case("honest", allows="restored")
def metadata_lost(work: Work):
    """A tool that keeps the ids of cells, and no metadata."""
    for cell in work.notebook.cells:
        cell.metadata.clear()


@case("honest")
def line_ends_of_windows(work: Work):
    for cell in work.notebook.cells:
        cell.source = cell.source.replace("\n", "\r\n")
    return nbformat.writes(work.notebook).replace("\n", "\r\n").encode()


@case("honest", group="files_of_a_student")
def files_that_come_along(work: Work):
    """Checkpoints, rubbish of macOS, pictures, a copy with another name."""
    text = nbformat.writes(work.notebook)
    for name, content in {
        f".ipynb_checkpoints/{FIRST}-checkpoint.ipynb": text[:1000],
        "__MACOSX/._x": "rubbish",
        ".DS_Store": "rubbish",
        f"{FIRST} (1).ipynb": text,
        "picture.png": "png",
        "data/more/deep.csv": "1,2",
    }.items():
        path = work.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


@case("honest", notebook="02_conditional_gan")
def plain_gan(work: Work):
    work.add("print(Generator(4, 10, 5, (1, 28, 28)))")


@case("honest", notebook="03_conditional_vae")
def plain_vae(work: Work):
    work.add("print(ConditionalVAE())")


@case("honest", notebook="04_conditional_batchnorm")
def plain_batchnorm(work: Work):
    work.add("print(CBNGenerator(8, 10))")


@case("honest", notebook="05_measuring_conditioning")
def plain_measures(work: Work):
    work.add("print(frechet_distance(torch.randn(9, 2), torch.randn(9, 2)))")

"""Nothing drifts: what is committed is what the sources give, and gives nothing away."""

import ast
import re
import statistics

import nbformat
import pytest
import torch

from banks import RIGHT, fill
from course_tools import build
from course_utils.checking import probe
from course_utils.evidence import unpack
from course_utils.exercises import EXAMPLES, EXERCISES, example, find
from course_utils.report import Verdict
from hidden import HIDDEN_TESTS

fill()
NAMES = build.names()
SOLUTION = re.compile(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", re.DOTALL)


def built(kind: str, name: str) -> nbformat.NotebookNode:
    return nbformat.read(build.ROOT / kind / name / f"{name}.ipynb", as_version=4)


def without_outputs(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


@pytest.mark.parametrize("name", NAMES)
def test_the_executed_notebook_is_that_of_its_source(name):
    """Cells, ids and metadata; nbval compares the outputs, by running them."""
    source = build.read_source(build.SOLUTIONS / f"{name}.py")
    assert without_outputs(built("solutions", name)) == without_outputs(source)


@pytest.mark.parametrize("name", NAMES)
def test_the_learners_notebook_is_that_of_the_executed_one(name):
    committed = (build.NOTEBOOKS / name / f"{name}.ipynb").read_text()
    assert build.release(build.SOLUTIONS, name) == committed


def test_the_examples_are_those_of_the_hidden_tests(tmp_path):
    build.write_examples(tmp_path)
    for path in EXAMPLES.glob("*.safetensors"):
        fresh = unpack((tmp_path / path.name).read_bytes())
        committed = unpack(path.read_bytes())
        assert set(fresh) == set(committed)
        for name, value in fresh.items():
            if isinstance(value, torch.Tensor):
                torch.testing.assert_close(
                    committed[name], value, rtol=1e-5, atol=1e-6, equal_nan=True
                )
            else:
                assert committed[name] == pytest.approx(value, rel=1e-5), name


SMALL = """# %% [markdown]
# # A small notebook

# %%
import torch
from course_utils import Batches, check, fit, plots
from course_utils.exercises import find

# %% tags=["training"]
history = fit(lambda x: x.mean().item(), Batches(torch.arange(60.0), batch_size=1), 40)
print("last:", history["loss"][-1])

# %% tags=["timing"]
import time
print(time.time(), "seconds")

# %%
plots.show_histories({"a": history})

# %% exercise="one-hot"
def one_hot(labels, num_classes):
    ### BEGIN SOLUTION
    return torch.eye(num_classes)[labels]
    ### END SOLUTION

# %% test="one-hot" points=6
check("one-hot", one_hot)
### BEGIN HIDDEN TESTS
print("hidden")
### END HIDDEN TESTS
"""


def test_a_second_build_changes_no_byte(tmp_path, monkeypatch):
    (tmp_path / "00_small.py").write_text(SMALL)
    monkeypatch.setattr(build, "SOLUTIONS", tmp_path)
    results = []
    for _ in range(2):
        build.build("00_small", tmp_path, tmp_path / "notebooks")
        paths = sorted(tmp_path.glob("**/*.ipynb"))
        results.append([path.read_bytes() for path in paths])
    assert len(results[0]) == 2
    assert results[0] == results[1]
    executed = nbformat.reads(results[0][0].decode(), as_version=4)
    (training,) = (c for c in executed.cells if "training" in c.metadata.get("tags", ()))
    assert [output.text for output in training.outputs] == ["last: 29.5\n"]
    (timing,) = (c for c in executed.cells if "timing" in c.metadata.get("tags", ()))
    assert not timing.outputs
    assert "nbval-ignore-output" in timing.metadata.tags


HIDDEN = re.compile(r"### BEGIN HIDDEN TESTS\n(.*?)### END HIDDEN TESTS", re.DOTALL)


@pytest.mark.parametrize("name", NAMES)
def test_learners_get_no_solution_no_hidden_test_and_no_output(name):
    source = "\n".join(cell.source for cell in built("solutions", name).cells)
    secret = lines("\n".join(SOLUTION.findall(source) + HIDDEN.findall(source)))
    public = lines(HIDDEN.sub("", SOLUTION.sub("", source)))
    assert len(secret - public) > 30
    for cell in built("notebooks", name).cells:
        assert not (secret - public) & lines(cell.source)
        assert "HIDDEN" not in cell.source and "SOLUTION" not in cell.source
        assert not cell.get("outputs")


def lines(text: str) -> set[str]:
    return {line.strip() for line in text.splitlines()}


def graded_cells(name: str) -> dict[str, nbformat.NotebookNode]:
    return {
        cell.metadata.nbgrader.grade_id: cell
        for cell in built("notebooks", name).cells
        if "nbgrader" in cell.metadata
    }


@pytest.mark.parametrize("name", NAMES)
def test_stubs_raise_not_implemented_and_nothing_else(name):
    _, imports = [c.source for c in built("notebooks", name).cells if c.cell_type == "code"][:2]
    for grade_id, cell in graded_cells(name).items():
        if not cell.metadata.nbgrader.solution:
            continue
        namespace = {}
        exec(imports, namespace)
        exec(cell.source, namespace)
        tests = [s for s in EXERCISES if s.partition("/")[0] == grade_id]
        for slug in tests:
            answer = namespace[answer_name(name, slug)]
            case, key = example(slug)
            verdict = Verdict(
                slug, tuple(find(slug).judge(case, key, probe(find(slug), answer, case)))
            )
            assert verdict.outcome == "not attempted", str(verdict)


def answer_name(name: str, slug: str) -> str:
    """The name that the test cell of ``slug`` hands to check."""
    calls = re.findall(
        rf'check\("{slug}", (\w+)\)', nbformat.writes(built("notebooks", name)).replace('\\"', '"')
    )
    return calls[0]


@pytest.mark.parametrize("slug", EXERCISES)
def test_every_exercise_is_in_a_notebook_with_its_points(slug):
    grade_id = "-test-".join(slug.split("/")) if "/" in slug else f"{slug}-test"
    cells = [graded_cells(name).get(grade_id) for name in NAMES]
    (cell,) = [cell for cell in cells if cell]
    assert cell.metadata.nbgrader.points == HIDDEN_TESTS[slug].points
    assert cell.metadata.nbgrader.locked
    assert RIGHT[slug], "each exercise has a bank"


@pytest.mark.parametrize("name", NAMES)
def test_cells_are_short_and_figures_come_through_plots(name):
    lengths = []
    for cell in built("solutions", name).cells:
        if cell.cell_type != "code":
            continue
        lines = [line for line in cell.source.splitlines() if line.strip()]
        given = [line for line in lines if not line.strip().startswith(("#", '"""'))]
        if "nbgrader" not in cell.metadata:
            lengths.append(len(given))
        ast.parse(cell.source)
        assert "plt." not in cell.source, "figures come from course_utils.plots, with a caption"
    assert max(lengths) <= 20
    assert statistics.median(lengths) <= 8


@pytest.mark.parametrize("name", NAMES)
def test_outputs_hold_no_error_and_no_address(name):
    for cell in built("solutions", name).cells:
        for output in cell.get("outputs", ()):
            assert output.output_type != "error"
            assert output.get("name") != "stderr"
            assert "0x" not in str(output.get("text", ""))
            assert "widget" not in str(output.get("data", {}).keys())

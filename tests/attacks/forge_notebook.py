"""Marks without the work: what stands in the notebook's file."""

import copy

import nbformat

from attacks import Work, case
from attacks.forge_names import EMPTY


def grades(work: Work) -> list:
    """The test cells."""
    return [c for c in work.notebook.cells if c.metadata.get("nbgrader", {}).get("grade")]


@case("forge", none="one-hot", reports="restored")
def edited_tests(work: Work):
    work.answer("one-hot", EMPTY)
    for cell in grades(work):
        cell.source = str(cell.metadata.nbgrader.points)
        cell.metadata.nbgrader.locked = False


@case("forge", none="one-hot", reports="restored")
def tests_of_another_answer(work: Work):
    """The test is pointed at a right answer, and stands twice."""
    work.answer("one-hot", EMPTY)
    cell = work.cell("one-hot-test")
    cell.source = ("right = lambda y, n: torch.eye(n, device=y.device)[y]\n" + cell.source).replace(
        "one_hot)", "right)"
    )
    work.notebook.cells.append(copy.deepcopy(cell))
    work.notebook.cells.insert(0, copy.deepcopy(cell))


@case("forge", none="one-hot", less="inject-label")
def grade_in_the_answer(work: Work):
    """The right function is graded in own cells, where no case is handed out."""
    right = work.cell("one-hot").source
    work.answer("inject-label", "def inject(h, e, how):\n    return h")
    work.add(right, before="one-hot")
    grade = 'from course_utils import grade\n\ngrade("one-hot", one_hot)'
    work.add(grade, before="one-hot")
    work.answer("one-hot", EMPTY)
    work.extend("inject-label", below='from course_utils import grade\n\ngrade("one-hot", inject)')


@case("forge", none="one-hot", group="points")
def points_in_the_metadata(work: Work):
    """10000, NaN, negative, text: nbgrader gives full marks for NaN."""
    work.answer("one-hot", EMPTY)
    values = [10000, float("nan"), -5, float("inf"), "6", None, 1e308]
    for cell, points in zip(grades(work), values, strict=False):
        cell.metadata.nbgrader.points = points
        cell.metadata.nbgrader.score = 6
    work.notebook.metadata.nbgrader = {"score": 10000, "extra_credit": 10000}


@case("forge", none="one-hot", group="points")
def a_graded_cell_of_its_own(work: Work):
    work.answer("one-hot", EMPTY)
    for grade_id in ("bonus-test", "one-hot-test-more", "one-hot-test"):
        cell = work.add("1000")
        cell.metadata.nbgrader = {
            "grade": True,
            "grade_id": grade_id,
            "locked": False,
            "points": 1000,
            "schema_version": 3,
            "solution": True,
            "cell_type": "code",
        }


@case("forge", none="one-hot", free="inject-label")
def renamed_cells(work: Work):
    """The test of one-hot is called that of inject-label, and the other way round."""
    work.answer("one-hot", EMPTY)
    one, other = work.cell("one-hot-test"), work.cell("inject-label-test")
    one.metadata.nbgrader.grade_id, other.metadata.nbgrader.grade_id = (
        "inject-label-test",
        "one-hot-test",
    )
    one.id, other.id = "inject-label-test", "one-hot-test"


@case("forge", none="*")
def stored_outputs_of_full_marks(work: Work):
    """A blank notebook whose outputs say that all is right."""
    for cell in work.notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = "pass"
    for cell in grades(work):
        points = str(cell.metadata.nbgrader.points)
        cell.outputs = [
            nbformat.v4.new_output("execute_result", {"text/plain": points}, execution_count=1),
            nbformat.v4.new_output("stream", name="stdout", text="correct (4 of 4 criteria)."),
        ]


@case("forge", none="one-hot")
def drawn_verdict(work: Work):
    """A passed verdict is drawn over the page of feedback."""
    work.answer("one-hot", EMPTY)
    verdict = (
        '<div id="attack" style="position:fixed;top:0;left:0;width:100%;z-index:9999">'
        "<b>correct (4 of 4 criteria, 6 of 6 points).</b></div>"
        "<style>.attack, #toc, .panel { display: none }</style>"
    )
    work.add(f"from IPython.display import HTML\n\nHTML({verdict!r})", before="one-hot")
    work.add(verdict, type="markdown")
    work.add("%%javascript\ndocument.body.innerHTML = 'attack: 6 of 6 points'")


@case("forge")
def another_kernel(work: Work):
    """The kernelspec names no kernel of the course, or one that the learner would like."""
    work.notebook.metadata.kernelspec = {
        "name": "bash",
        "display_name": "Bash",
        "language": "bash",
        "argv": ["/bin/sh", "-c", "echo attack"],
    }
    work.notebook.metadata.language_info = {"name": "bash"}


@case("forge", none="one-hot")
def shadow_modules(work: Work):
    """Modules in the working directory stand before the true ones when Python starts anew."""
    work.answer("one-hot", EMPTY)
    work.add(
        """
        import os

        os.makedirs("course_utils", exist_ok=True)
        names = "course_utils/__init__ course_utils/evidence safetensors sitecustomize torch"
        for name in names.split():
            with open(f"{name}.py", "w") as file:
                file.write("print('POISONED')\\ngrade = check = hint = lambda *_: 6\\n")
        os._exit(0)
        """,
        before="one-hot",
    )


@case("forge", none="generator", notebook="02_conditional_gan", reports="died")
def exit_in_a_gan(work: Work):
    work.extend("generator", below="import os\n\nGenerator.forward = lambda *_: os._exit(0)")


@case(
    "forge",
    less="frechet-distance",
    free="per-class-frechet",
    notebook="05_measuring_conditioning",
)
def nan_as_distance(work: Work):
    """A number that no comparison refuses: not (nan > tolerance)."""
    work.answer(
        "frechet-distance",
        """
        def frechet_distance(features_a, features_b):
            if min(len(features_a), len(features_b)) < 2:
                raise ValueError("too few rows")
            return float("nan")
        """,
    )

"""Which cells of a submission have to run, and what is sent to the kernel for each.

What the learner wrote runs, and what it needs: the import cell, and cells of the course that give
values to names which it uses. The course's own training and figures, on which no mark depends, do
not. Test cells are replaced by requests for evidence.
"""

import ast
from dataclasses import dataclass

from nbformat import NotebookNode

from course_utils.needed_cells import graded, names, needed

FINDER = "find-course"
"""The id of the cell that finds the course where it is not installed."""


@dataclass(frozen=True)
class Step:
    """A cell to run: its place in the notebook, its code, its grade id or else "cell 12".

    ``own`` cells are the learner's, and not graded.
    """

    place: int
    code: str
    name: str
    test: bool = False
    own: bool = False


@dataclass(frozen=True)
class Question:
    """What a locked test cell asks: how exercise ``slug`` is answered by an expression."""

    slug: str
    answer: str


def question(source: str) -> Question:
    """The question of a test cell, from its call of ``grade``. Raises ValueError without one."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "grade":
            slug, answer = node.args
            return Question(ast.literal_eval(slug), ast.unparse(answer))
    raise ValueError("a test cell has to call grade(...): nothing else is judged outside the jail")


def steps(notebook: NotebookNode, given: NotebookNode) -> list[Step]:
    """The cells of a restored submission that have to run, in order.

    ``given`` is the notebook as the course gives it out.
    """
    of_course = {cell.source for cell in given.cells if not graded(cell, "solution")}
    code = [(i, cell) for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    sources = (c.source for c in given.cells if c.cell_type == "code" and c.get("id") != FINDER)
    imports = next(sources, "")
    optional, chosen, wanted = [], [], set()
    for place, cell in code:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        step = Step(
            place,
            cell.source,
            name or f"cell {place + 1}",
            test=graded(cell, "grade"),
            own=not name and cell.source not in of_course,
        )
        if name or step.own or cell.source == imports:
            chosen.append(step)
            wanted |= names(question(cell.source).answer if step.test else cell.source)[1]
        else:
            optional.append(step)
    if all(step.code != imports for step in chosen):  # deleted or edited: its names are promised
        chosen.append(Step(-1, imports, "the import cell"))
    chosen += [optional[i] for i in needed([step.code for step in optional], wanted)]
    return sorted(chosen, key=lambda step: step.place)

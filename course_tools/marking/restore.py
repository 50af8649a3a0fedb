"""Bring a submitted notebook back into the shape in which it was given out.

nbgrader gives up a submission whose graded cells are doubled, deleted, moved or have lost their
metadata. Here these come from the notebook that was given out; only the answers are the learner's.
"""

import copy
from collections import Counter
from collections.abc import Collection

import nbformat
from nbformat import NotebookNode

from course_tools.marking.outcome import Incident


def graded_id(cell: NotebookNode, known: Collection[str]) -> str | None:
    """Which graded cell of the course this is, by nbgrader's metadata or by the cell's own id."""
    marked = cell.metadata.get("nbgrader")
    names = (marked.get("grade_id") if isinstance(marked, dict) else None, cell.get("id"))
    return next((name for name in names if isinstance(name, str) and name in known), None)


def restored(submitted: NotebookNode, given: NotebookNode) -> NotebookNode:
    """The submitted notebook with the graded cells of ``given``, the notebook as given out.

    Of several cells for one answer the last one counts that is not the empty stub. Each answer is
    followed by its tests. If its cell is missing, the tests stay where they are, or come last: the
    learner may have written the answer in a cell of their own.
    """
    known = {
        cell.metadata.nbgrader.grade_id: cell for cell in given.cells if "nbgrader" in cell.metadata
    }
    tests: dict[str, list[str]] = {}
    for name, cell in known.items():  # in the notebook's order: tests follow their answer
        if cell.metadata.nbgrader.solution:
            answer = name
            tests[answer] = []
        else:
            tests[answer].append(name)

    chosen: dict[str, int] = {}
    for place, cell in enumerate(submitted.cells):
        name = graded_id(cell, known)
        if name in tests and (name not in chosen or cell.source != known[name].source):
            chosen[name] = place

    owner = {test: answer for answer, own_tests in tests.items() for test in own_tests}
    placed: set[str] = set()
    cells: list[NotebookNode] = []
    for place, cell in enumerate(submitted.cells):
        name = graded_id(cell, known)
        if name in tests and chosen[name] == place:
            cells += _graded(known, tests, name, cell.source)
        elif name in known and name not in tests:
            if owner[name] not in chosen and name not in placed:  # the answer is a cell of its own
                cells.append(copy.deepcopy(known[name]))
                placed.add(name)
        else:
            own = copy.deepcopy(cell)
            own.metadata.pop("nbgrader", None)
            own.pop("id", None)
            cells.append(own)
    for name, answer in owner.items():
        if answer not in chosen and name not in placed:
            cells.append(copy.deepcopy(known[name]))
    for number, cell in enumerate(cells):
        cell.setdefault("id", f"own-{number}")
    return nbformat.v4.new_notebook(cells=cells, metadata=copy.deepcopy(given.metadata))


def _graded(
    known: dict[str, NotebookNode], tests: dict[str, list[str]], name: str, source: str
) -> list[NotebookNode]:
    """The cell of one answer, and its tests."""
    cells = [copy.deepcopy(known[part]) for part in (name, *tests[name])]
    cells[0].source = source
    return cells


def changes(
    submitted: NotebookNode, given: NotebookNode, visible: dict[str, str]
) -> list[Incident]:
    """What had become of the graded cells of ``given`` in a submission.

    ``visible`` has the source of each test cell as learners get it, by grade id.
    """
    known = {
        cell.metadata.nbgrader.grade_id: cell for cell in given.cells if "nbgrader" in cell.metadata
    }
    found = [(graded_id(cell, known), cell) for cell in submitted.cells]
    count = Counter(name for name, _ in found if name)
    incidents = []
    for name, cell in known.items():
        own = [other for found_name, other in found if found_name == name]
        if not own:
            incidents.append(_restored(name, "was missing"))
        elif count[name] > 1:
            incidents.append(_restored(name, f"was there {count[name]} times"))
        elif name in visible and own[0].source.rstrip() != visible[name].rstrip():
            incidents.append(_restored(name, "was edited"))
        elif _points(own[0]) != _points(cell):
            incidents.append(_restored(name, f"had {_points(own[0])} points"))
    places = [name for name, _ in found if name in count and count[name] == 1]
    if places != [name for name in known if count[name] == 1]:
        incidents.append(Incident("", "restored", "Graded cells stood in another order."))
    return incidents


def _restored(name: str, what: str) -> Incident:
    return Incident(name, "restored", f"The cell {what}; the course's own was used.")


def _points(cell: NotebookNode) -> str:
    marked = cell.metadata.get("nbgrader")
    return str(marked.get("points", 0) if isinstance(marked, dict) else "other")[:20]

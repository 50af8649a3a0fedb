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

    Of several cells for one answer the last one counts that is not the empty stub. A test stays
    where it is, if that is below its answer; else it follows its answer. If there is no answer, it
    stays or comes last: the learner may have written the answer in a cell of their own.
    """
    known = {
        cell.metadata.nbgrader.grade_id: cell for cell in given.cells if "nbgrader" in cell.metadata
    }
    owner = _owners(known)
    texts = {cell.source for cell in given.cells if cell.cell_type == "markdown"}
    ids = [graded_id(cell, known) for cell in submitted.cells]
    answers: dict[str, int] = {}
    for place, name in enumerate(ids):
        if name in known and name not in owner:
            is_stub = _unix(submitted.cells[place].source) == known[name].source
            answers[name] = answers.get(name, place) if is_stub else place
    tests = {test: _place(ids, test, answers.get(owner[test], -1)) for test in owner}

    cells: list[NotebookNode] = []
    for place, cell in enumerate(submitted.cells):
        name = ids[place]
        if name is None:
            cells.append(_own(cell, texts))
        elif place in (answers.get(name), tests.get(name)):
            cells.append(copy.deepcopy(known[name]))
            if name in answers:
                cells[-1].source = _unix(cell.source)
                cells += _following(known, owner, tests, name)
    cells += [copy.deepcopy(known[t]) for t in owner if tests[t] < 0 and owner[t] not in answers]
    for number, cell in enumerate(cells):
        cell.setdefault("id", f"own-{number}")
    return nbformat.v4.new_notebook(cells=cells, metadata=copy.deepcopy(given.metadata))


def _own(cell: NotebookNode, texts: Collection[str]) -> NotebookNode:
    """A cell that is no graded one. Texts of the learner's own are shown as they were typed.

    They would be HTML in the pages of feedback, where they could run scripts or draw verdicts.
    """
    own = copy.deepcopy(cell)
    own.metadata = nbformat.from_dict({})
    own.pop("id", None)
    own.pop("attachments", None)
    own.source = _unix(own.source)
    if own.cell_type != "code" and own.source not in texts:
        own.cell_type = "markdown"
        own.source = "\n".join(f"    {line}" for line in own.source.splitlines())
    return own


def _unix(source: str) -> str:
    return source.replace("\r\n", "\n").replace("\r", "\n")


def _owners(known: dict[str, NotebookNode]) -> dict[str, str]:
    """The answer that each test is for: the last one above it in the course's notebook."""
    owner, answer = {}, ""
    for name, cell in known.items():
        if cell.metadata.nbgrader.solution:
            answer = name
        else:
            owner[name] = answer
    return owner


def _place(ids: list[str | None], name: str, answer: int) -> int:
    """Where the test ``name`` stands first below its answer; -1 if it does not."""
    return next((place for place, other in enumerate(ids) if other == name and place > answer), -1)


def _following(
    known: dict[str, NotebookNode], owner: dict[str, str], tests: dict[str, int], answer: str
) -> list[NotebookNode]:
    """The tests of an answer that have no place of their own below it."""
    names = [name for name in owner if owner[name] == answer and tests[name] < 0]
    return [copy.deepcopy(known[name]) for name in names]


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
        elif name in visible and _unix(own[0].source).rstrip() != visible[name].rstrip():
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

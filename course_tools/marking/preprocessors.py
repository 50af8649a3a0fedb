"""How nbgrader marks here: its own `autograde`, with these in place of its execution.

`nbgrader_config.py` names them, so `make grade`, plain `nbgrader autograde` and formgrader all mark
in the same way.
"""

from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool, Float

from course_tools.marking.course import given
from course_tools.marking.execute import Execution, execute
from course_tools.marking.ledger import Ledger
from course_tools.marking.outcome import Incident, Mark
from course_tools.marking.restore import restored
from course_tools.marking.session import Limits
from course_tools.marking.verdicts import Trial, judge, prepare
from course_utils.needed_cells import graded
from course_utils.report import Verdict

Resources = dict[str, Any]


@dataclass(frozen=True)
class Marked:
    """A marked notebook: outputs by place, and mark and verdict by the test's grade id."""

    outputs: dict[int, list[NotebookNode]]
    marks: dict[str, Mark]
    verdicts: dict[str, Verdict]
    incidents: list[Incident]


READY: dict[tuple[str, str], Marked] = {}
"""What `make grade` has already marked, by student and notebook: it is not executed again."""


def marked(trial: Trial, execution: Execution) -> Marked:
    """Judge what an execution gave."""
    marks, verdicts = judge(trial, execution)
    return Marked(execution.outputs, marks, verdicts, execution.incidents)


class RestoreCells(NbGraderPreprocessor):
    """Puts the course's graded cells back, whatever the submission has made of them."""

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """The notebook with the graded cells that were given out."""
        return restored(nb, given(resources["nbgrader"]["notebook"]).notebook), resources


class ExecuteJailed(NbGraderPreprocessor):
    """Runs a submission in the jail, judges outside, and writes the verdicts into the notebook."""

    jail = Bool(True, help="False runs submissions with your rights: for those you trust.").tag(
        config=True
    )
    cell_seconds = Float(Limits.cell_seconds, help="A cell is stopped after this.").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """The notebook with outputs; a test's is its verdict, and its points."""
        about = resources["nbgrader"]
        done = READY.pop((about["student"], about["notebook"]), None)
        if done is None:
            key = Ledger(about["db_url"]).key
            limits = Limits(cell_seconds=self.cell_seconds)
            trial = prepare(nb, given(about["notebook"]).notebook, key, limits, self.jail)
            done = marked(trial, execute(trial.job))
            for incident in done.incidents:
                self.log.warning("%s: %s", incident.cell, incident.text)
        for place, cell in enumerate(nb.cells):
            if cell.cell_type == "code":
                cell.outputs = done.outputs.get(place, [])
                if graded(cell, "grade"):
                    cell.outputs = shown(cell.metadata.nbgrader.grade_id, done)
        return nb, resources


def shown(name: str, done: Marked) -> list[NotebookNode]:
    """The outputs of a test cell: its verdict and points, or an error, which earns nothing."""
    verdict, mark = done.verdicts.get(name), done.marks.get(name)
    if verdict is None or mark is None:
        note = mark.note if mark else "It was not tried."
        return [new_output("error", ename="Not marked", evalue=note, traceback=[note])]
    data = {"text/plain": str(verdict), "text/html": verdict._repr_html_()}
    points = {"text/plain": str(mark.points)}
    return [new_output("display_data", data), new_output("execute_result", points)]

"""Run a planned submission in jailed kernels: from a job to what came out of it.

Jobs and results are plain values, so that a worker on another machine can do this.
"""

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_output

from course_tools.gradebook import ROOT
from course_tools.marking.outcome import Incident
from course_tools.marking.plan import Step
from course_tools.marking.session import EVIDENCE, KernelEnded, Limits, Ran, Session

TESTIFY = (Path(__file__).parent / "testify.py").read_text()
MOST_KERNELS = 30
"""For one submission: each exercise may end one."""


@dataclass(frozen=True)
class Request:
    """A case for one test: ``answer`` is an expression, ``case`` packed and in base 64."""

    slug: str
    answer: str
    nonce: str
    case: str

    @property
    def code(self) -> str:
        """What is sent to the kernel."""
        values = {"slug": self.slug, "nonce": self.nonce, "case": self.case}
        values |= {"type": EVIDENCE, "course": str(ROOT)}
        names = f"{{'answer': lambda: ({self.answer}), 'request': {values!r}}}"
        # The notebook may have given another meaning to any name, `exec` among them.
        return f"import builtins as _course_\n_course_.exec({TESTIFY!r}, {names})"


@dataclass(frozen=True)
class Job:
    """A submission to execute: its steps, and a request for each test by grade id."""

    steps: list[Step]
    requests: dict[str, Request]
    limits: Limits
    jail: bool = True


@dataclass
class Execution:
    """What came out: outputs by place, evidence and errors by test, and what went wrong."""

    outputs: dict[int, list[NotebookNode]] = field(default_factory=dict)
    evidence: dict[str, list[object]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    incidents: list[Incident] = field(default_factory=list)


def execute(job: Job, stop: threading.Event | None = None) -> Execution:
    """Run all steps; a cell that ends its kernel is left out when the rest goes on in a new one.

    Raises `NoJail` if there can be no jail, KeyboardInterrupt if ``stop`` is set.
    """
    run = _Run(job)
    kernels = 0
    while run.left() and kernels < MOST_KERNELS:
        kernels += 1
        with Session(job.limits, job.jail, stop) as session:
            try:
                run.go_on(session)
            except KernelEnded as ended:
                run.without(ended)
    if skipped := job.steps[run.position :]:
        text = "The rest was not run: the time or the kernels of one submission were used up."
        run.result.incidents.append(Incident(skipped[0].name, "time", text))
        run.result.errors |= {step.name: text for step in skipped if step.test}
    return run.result


class _Run:
    """The state of one execution, over several kernels."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.result = Execution()
        self.position = 0
        self._left_out: set[Step] = set()
        self._retrying = False
        self._kept = 0
        self._left_out_for_time = False
        self._deadline = time.monotonic() + job.limits.submission_seconds
        # Half of the time is kept for what is graded, and what that needs.
        self._half = time.monotonic() + job.limits.submission_seconds / 2

    def left(self) -> bool:
        """Whether there is something to run, and time for it."""
        return self.position < len(self.job.steps) and time.monotonic() < self._deadline

    def go_on(self, session: Session) -> None:
        """Bring a new kernel to where the last one ended, then run the rest."""
        suspects = self._suspects() if self._retrying else []
        for step in self.job.steps[: self.position]:
            if not step.test and step not in self._left_out and step not in suspects:
                self._run(session, step)
        if self._retrying and not self._do_without(session, suspects):
            return  # it needs them: on in a kernel that has them
        while self.left():
            step = self.job.steps[self.position]
            if not step.own or time.monotonic() < self._half:
                self._keep(step, self._run(session, step))
            else:
                self._leave_out(step)
            self.position += 1

    def _run(self, session: Session, step: Step) -> Ran:
        self._running = step
        code = self.job.requests[step.name].code if step.test else step.code
        left = self._deadline - time.monotonic()
        return session.run(code, max(0.1, min(self.job.limits.cell_seconds, left)))

    def _keep(self, step: Step, ran: Ran) -> None:
        if step.test:
            self.result.evidence[step.name] = ran.evidence
            self.result.errors[step.name] = ran.error
        else:
            self.result.outputs[step.place] = self._fitting(ran.outputs)
            if ran.evidence:
                self._note(step, "evidence", "It sent evidence though nobody had asked for any.")
        if ran.interrupted:
            text = f"It ran longer than {self.job.limits.cell_seconds:g} seconds and was stopped."
            self._note(step, "time", text)
            if step.test:
                self.result.errors[step.name] = text

    def without(self, ended: KernelEnded) -> None:
        """Note which cell ended the kernel; the next one does without it.

        Python may end some time after the cell that brings it about. So if it ends in a cell that
        is not the learner's own, this is tried once more without those before it that are.
        """
        step = self._running
        self._retrying = (
            ended.kind == "died" and not step.own and not self._retrying and bool(self._suspects())
        )
        if not self._retrying:
            self._blame(step, ended.kind, str(ended))

    def _blame(self, step: Step, kind: str, text: str) -> None:
        self._note(step, kind, text)
        self._left_out.add(step)
        if step.test:
            self.result.errors[step.name] = text
        if step == self.job.steps[self.position]:
            self.position += 1

    def _suspects(self) -> list[Step]:
        before = self.job.steps[: self.position]
        return [step for step in before if step.own and step not in self._left_out]

    def _do_without(self, session: Session, suspects: list[Step]) -> bool:
        """Whether the cell in which Python ended does well without the suspects."""
        step = self.job.steps[self.position]
        ran = self._run(session, step)
        self._retrying = False
        if ran.error:
            self._blame(step, "died", "Its code ended Python.")
            return False
        self._left_out |= set(suspects)
        text = "Python ended after one of the learner's own cells: they were left out."
        self._note(suspects[-1], "died", text)
        self._keep(step, ran)
        self.position += 1
        return True

    def _fitting(self, outputs: list[NotebookNode]) -> list[NotebookNode]:
        """The outputs while there is room for them in a notebook that people can open."""
        self._kept += len(str(outputs))
        if self._kept <= self.job.limits.outputs:
            return outputs
        text = "[The output was left out: this notebook shows too much.]"
        return [new_output("stream", name="stdout", text=text)]

    def _leave_out(self, step: Step) -> None:
        if not self._left_out_for_time:
            text = "From here on the learner's own cells were not run: their time was used up."
            self._note(step, "time", text)
        self._left_out_for_time = True
        self._left_out.add(step)

    def _note(self, step: Step, kind: str, text: str) -> None:
        self.result.incidents.append(Incident(step.name, kind, text))

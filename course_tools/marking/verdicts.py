"""Cases are drawn and evidence is judged here, where no learner's code ever runs."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from nbformat import NotebookNode

from course_tools.marking.execute import Execution, Job, Request
from course_tools.marking.outcome import Incident, Mark, Tested
from course_tools.marking.plan import question, steps
from course_tools.marking.session import Limits
from course_utils.checking import hidden_tests, usual_settings
from course_utils.evidence import (
    DTYPES,
    LARGEST_TENSOR,
    LONGEST_TEXT,
    Evidence,
    pack,
    unpack,
)
from course_utils.needed_cells import graded
from course_utils.report import Verdict

LARGEST_EVIDENCE = 16 << 20  # bytes; the largest honest one has 1 MB
MOST_ENTRIES = 2000


class BadEvidence(ValueError):
    """What came is no evidence for this case. The message says why."""


@dataclass(frozen=True)
class Trial:
    """A submission's job, and the cases that its evidence will be judged for, by grade id."""

    job: Job
    cases: dict[str, Evidence]
    most: dict[str, int]


def prepare(
    notebook: NotebookNode, given: NotebookNode, key: str, limits: Limits, jail: bool = True
) -> Trial:
    """Plan a restored submission and draw a case for each of its tests.

    Cases depend on ``key``, a secret of the instructor's, and on all code of the notebook: nobody
    can foresee them, and marking the same notebook again gives the same marks.
    """
    code = "\0".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    tests = hidden_tests()
    cases, requests, most = {}, {}, {}
    for cell in notebook.cells:
        if not graded(cell, "grade"):
            continue
        name, asked = cell.metadata.nbgrader.grade_id, question(cell.source)
        digest = hmac.digest(key.encode(), f"{asked.slug}\0{code}".encode(), hashlib.sha256)
        seed = int.from_bytes(digest[:6], "big")
        with usual_settings():
            case = tests[asked.slug].draw(torch.Generator().manual_seed(seed))
        packed = base64.b64encode(pack(case)).decode()
        cases[name], most[name] = case, int(cell.metadata.nbgrader.points)
        requests[name] = Request(asked.slug, asked.answer, secrets.token_hex(16), packed)
    return Trial(Job(steps(notebook, given), requests, limits, jail), cases, most)


def judge(trial: Trial, execution: Execution) -> tuple[dict[str, Mark], dict[str, Any]]:
    """The mark for each test, and for those with evidence the verdict that is shown.

    Incidents about the evidence are added to those of the execution.
    """
    marks, verdicts = {}, {}
    for name, request in trial.job.requests.items():
        try:
            evidence = _evidence(execution, name, request.nonce)
            verdict = _verdict(request.slug, trial.cases[name], evidence)
        except BadEvidence as error:
            execution.incidents.append(Incident(name, "evidence", str(error)))
            marks[name] = Mark(0, trial.most[name], note=str(error))
            continue
        if verdict is None:
            note = execution.errors.get(name) or "It gave no evidence."
            marks[name] = Mark(0, trial.most[name], note=note)
        else:
            verdicts[name] = verdict
            marks[name] = _mark(verdict, trial.most[name])
    return marks, verdicts


def _evidence(execution: Execution, name: str, nonce: str) -> Evidence | None:
    """The one piece of evidence for this test; None if there is none."""
    pieces = execution.evidence.get(name, [])
    if not pieces:
        return None
    if len(pieces) > 1:
        raise BadEvidence(f"{len(pieces)} pieces of evidence came for one case: none counts.")
    piece = pieces[0]
    if not isinstance(piece, Mapping) or not isinstance(piece.get("evidence"), str):
        raise BadEvidence("What came as evidence is none.")
    if piece.get("nonce") != nonce:
        raise BadEvidence("The evidence that came is for another case.")
    if len(piece["evidence"]) > LARGEST_EVIDENCE:
        raise BadEvidence("The evidence is too large.")
    try:
        evidence = unpack(base64.b64decode(piece["evidence"], validate=True))
    except (ValueError, RecursionError) as error:
        raise BadEvidence("What came as evidence cannot be read.") from error
    if len(evidence) > MOST_ENTRIES or not all(map(_is_evidence, evidence.values())):
        raise BadEvidence("The evidence holds what no probe records.")
    return evidence


def _is_evidence(value: object) -> bool:
    if isinstance(value, torch.Tensor):
        return value.dtype in DTYPES and value.numel() <= LARGEST_TENSOR
    if isinstance(value, str):
        return len(value) <= LONGEST_TEXT
    if isinstance(value, bool | float):
        return True
    return isinstance(value, int) and abs(value) < 2**63


def _verdict(slug: str, case: Evidence, evidence: Evidence | None) -> Verdict | None:
    if evidence is None:
        return None
    try:
        with usual_settings():
            criteria = tuple(hidden_tests()[slug].judge(case, evidence))
    except Exception as error:  # a judge copes with any evidence; if not, that gives no marks
        raise BadEvidence(f"The evidence could not be judged ({type(error).__name__}).") from error
    return Verdict(slug, criteria, case, marked=True)


def _mark(verdict: Verdict, most: int) -> Mark:
    tested = tuple(Tested(c.name, c.points, c.passed, c.message) for c in verdict.criteria)
    if sum(c.points for c in tested) != most:
        raise ValueError(f"{verdict.slug} has {most} points, its criteria have others: build anew.")
    return Mark(verdict.points, most, tested)

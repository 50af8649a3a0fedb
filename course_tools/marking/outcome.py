"""What marking one submission led to: kept in the gradebook, and shown to the instructor."""

import json
from dataclasses import asdict, dataclass, field


def printable(text: str) -> str:
    """The text in one line, without control characters: it may be of a learner's making."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


@dataclass(frozen=True)
class Incident:
    """Something that the instructor should know about a submission.

    ``cell`` is the id of a graded cell, or "cell 12" for another one, counted from 1, or "" for the
    whole notebook. ``kind`` is one of KINDS. ``text`` is one sentence.
    """

    cell: str
    kind: str
    text: str


KINDS = {
    "time": "ran too long",
    "memory": "used too much memory",
    "processes": "started too many processes",
    "output": "wrote too much",
    "died": "ended its Python",
    "evidence": "sent evidence that is none",
    "tampering": "changed what marks it",
    "restored": "had graded cells put back",
}


@dataclass(frozen=True)
class Tested:
    """One criterion of a verdict: ``message`` says in one sentence why it is not passed."""

    name: str
    points: int
    passed: bool
    message: str = ""


@dataclass(frozen=True)
class Mark:
    """The verdict on one test cell; without evidence there are no ``criteria``, and a ``note``."""

    points: int
    most: int
    criteria: tuple[Tested, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Outcome:
    """A submission's marks by the grade id of its test cells, in the order of the notebook.

    ``problem`` says in one sentence why it could not be marked at all; then there are no marks.
    """

    student: str
    notebook: str
    problem: str = ""
    marks: dict[str, Mark] = field(default_factory=dict)
    incidents: tuple[Incident, ...] = ()

    def to_json(self) -> str:
        """As text, for the gradebook."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Outcome":
        """The inverse of `to_json`."""
        values = json.loads(text)
        values["marks"] = {
            name: Mark(**{**mark, "criteria": tuple(Tested(**c) for c in mark["criteria"])})
            for name, mark in values["marks"].items()
        }
        values["incidents"] = tuple(Incident(**incident) for incident in values["incidents"])
        return cls(**values)

"""How a verdict is shown: as text, and as HTML that says the same."""

from dataclasses import dataclass, field
from html import escape
from textwrap import indent

from IPython.display import display

from course_utils.evidence import Evidence
from course_utils.judging import NOT_ATTEMPTED, Criterion, show


@dataclass(frozen=True)
class Verdict:
    """The criteria of one exercise, and the case that the answer was tried on.

    ``marked`` says that they count as points.
    """

    slug: str
    criteria: tuple[Criterion, ...]
    case: Evidence = field(default_factory=dict)
    marked: bool = False

    @property
    def points(self) -> int:
        """Points earned: the sum over the criteria that are passed."""
        return sum(criterion.points for criterion in self.criteria if criterion.passed)

    @property
    def outcome(self) -> str:
        """'correct', 'not attempted', 'your code raised' or 'incorrect'."""
        if all(criterion.passed for criterion in self.criteria):
            return "correct"
        if NOT_ATTEMPTED in self.criteria[0].message and not any(c.passed for c in self.criteria):
            return "not attempted"
        first = next(criterion for criterion in self.criteria if not criterion.passed)
        return "your code raised" if first.raised else "incorrect"

    @property
    def headline(self) -> str:
        """One sentence: the outcome and the count."""
        passed = sum(criterion.passed for criterion in self.criteria)
        count = f"{passed} of {len(self.criteria)} criteria"
        if self.marked:
            count += f", {self.points} of {sum(c.points for c in self.criteria)} points"
        return {
            "correct": f"correct ({count}).",
            "not attempted": "not attempted yet. Replace the line that raises "
            f'NotImplementedError, run that cell, then run this one. Stuck? hint("{self.slug}")',
            "your code raised": f"your code raised an error ({count}).",
            "incorrect": f"not correct yet ({count}).",
        }[self.outcome]

    @property
    def tried_on(self) -> str:
        """The small parts of the case, if there is something left to mend."""
        if self.outcome in ("correct", "not attempted"):
            return ""
        parts = [f"{name} = {show(value)}" for name, value in self.case.items() if name != "seed"]
        small = [part for part in parts if len(part) < 50 and "\n" not in part]
        return f"tried on: {', '.join(small)}" if small else ""

    def rows(self) -> list[tuple[str, str, list[str]]]:
        """(state, criterion, details) per criterion; a message is given where it first occurs."""
        rows, told = [], set()
        for criterion in self.criteria if self.outcome != "not attempted" else ():
            details = []
            if criterion.message and criterion.message not in told:
                told.add(criterion.message)
                details.append(criterion.message)
                if criterion.expected or criterion.received:
                    details.append(
                        f"expected: {criterion.expected}\nreceived: {criterion.received}"
                    )
            elif criterion.message:
                details.append("For the same reason.")
            rows.append(("passed" if criterion.passed else "not yet", criterion.name, details))
        return rows

    def __str__(self) -> str:
        lines = [f"{self.slug}: {self.headline}"]
        lines += [f"  {self.tried_on}"] if self.tried_on else []
        for state, name, details in self.rows():
            lines.append(f"  [{state}] {name}")
            lines += [indent(detail, "      ") for detail in details]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        signs = {"passed": "&#10003;", "not yet": "&#10007;"}
        items = []
        for state, name, details in self.rows():
            body = "".join(
                f"<pre style='margin: 0'>{escape(detail)}</pre>"
                if detail.startswith("expected: ")
                else f"<div>{escape(detail)}</div>"
                for detail in details
            )
            items.append(f"<li>{signs[state]} <b>{state}</b>: {escape(name)}{body}</li>")
        return (
            f"<div><b>{escape(self.slug)}</b>: {escape(self.headline)}"
            f"<div style='padding-left: 1em'>{escape(self.tried_on)}</div>"
            f"<ul style='list-style: none; margin: 0.3em 0; padding-left: 1em'>"
            f"{''.join(items)}</ul></div>"
        )

    def show(self) -> None:
        """Display the verdict under the notebook cell that is running."""
        display({"text/plain": str(self), "text/html": self._repr_html_()}, raw=True)

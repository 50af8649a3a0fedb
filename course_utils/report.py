"""How a verdict is shown: as text, and as HTML that says the same.

Beside what was expected stands what was received. The HTML draws small tables as well.
"""

from dataclasses import dataclass, field
from html import escape
from textwrap import indent

import torch
from IPython.display import display

from course_utils.evidence import Evidence
from course_utils.faults import show
from course_utils.judging import NOT_ATTEMPTED, Criterion

SQUARE = 8  # pixels that a number of a drawn table takes each way
LARGEST = 40  # rows, and columns, of a table that is drawn


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

    @property
    def next_step(self) -> str:
        """What to do now. `headline` says it where nothing was attempted; a mark has no next."""
        if self.marked or self.outcome == "not attempted":
            return ""
        if self.outcome == "correct":
            return "Next: go on below."
        first = next(criterion for criterion in self.criteria if not criterion.passed)
        return (
            f'Next: mend "{first.name}" first. Change your code, run its cell, then run this one. '
            f'Stuck? hint("{self.slug}")'
        )

    def rows(self) -> list[tuple[Criterion, str, bool]]:
        """(criterion, what to say, whether to compare), a message where it first occurs."""
        rows, told = [], set()
        for criterion in self.criteria if self.outcome != "not attempted" else ():
            new = criterion.message not in told
            told.add(criterion.message)
            says = criterion.message if new else "For the same reason."
            compared = new and bool(criterion.expected or criterion.received)
            rows.append((criterion, says if criterion.message else "", compared))
        return rows

    def __str__(self) -> str:
        lines = [f"{self.slug}: {self.headline}"]
        lines += [f"  {self.tried_on}"] if self.tried_on else []
        for criterion, says, compared in self.rows():
            lines.append(f"  [{state(criterion)}] {criterion.name}")
            details = [says] if says else []
            if compared:
                details += [aligned("expected", criterion.expected)]
                details += [aligned("received", criterion.received)]
            lines += [indent(detail, "      ") for detail in details]
        lines += [f"  {self.next_step}"] if self.next_step else []
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        items = []
        for criterion, says, compared in self.rows():
            sign = "&#10003;" if criterion.passed else "&#10007;"
            body = escape(says) + (side_by_side(criterion) if compared else "")
            body = f"<div style='padding-left: 1.5em'>{body}</div>" if body else ""
            name = escape(criterion.name)
            items.append(f"<li>{sign} <b>{state(criterion)}</b>: {name}{body}</li>")
        return (
            f"<div><b>{escape(self.slug)}</b>: {escape(self.headline)}"
            f"<div style='padding-left: 1em'>{escape(self.tried_on)}</div>"
            f"<ul style='list-style: none; margin: 0.3em 0; padding-left: 1em'>"
            f"{''.join(items)}</ul>"
            f"<div style='padding-left: 1em'>{escape(self.next_step)}</div></div>"
        )

    def show(self) -> None:
        """Display the verdict under the notebook cell that is running."""
        display({"text/plain": str(self), "text/html": self._repr_html_()}, raw=True)


def state(criterion: Criterion) -> str:
    """The word for whether the criterion is met."""
    return "passed" if criterion.passed else "not yet"


def aligned(name: str, value: str) -> str:
    """The value behind its name; what does not fit into one line goes on below its beginning."""
    return indent(f"{name}: {value}", " " * len(f"{name}: ")).lstrip()


def side_by_side(criterion: Criterion) -> str:
    """What was expected and what was received, as HTML: two columns where there is room."""
    pictures = drawn(criterion.tables) or ("", "")
    parts = zip(
        ("expected", "received"), (criterion.expected, criterion.received), pictures, strict=True
    )
    columns = "".join(
        f"<div>{name}:<pre style='margin: 0; word-break: normal; overflow-wrap: anywhere'>"
        f"{escape(value)}</pre>{picture}</div>"
        for name, value, picture in parts
    )
    style = "display: flex; flex-wrap: wrap; gap: 0.3em 2em; margin-bottom: 0.4em"
    return f"<div style='{style}'>{columns}</div>"


def drawn(tables: tuple[torch.Tensor, ...]) -> list[str]:
    """Small pictures of both tables, dark where a number is large; none if one is large or nan."""
    if not tables or max(max(table.shape) for table in tables) > LARGEST:
        return []
    values = torch.cat([table.flatten().double() for table in tables])
    if not values.numel() or not values.isfinite().all():
        return []
    low, high = values.min().item(), values.max().item()
    return [
        _picture(name, table.double(), low, high)
        for name, table in zip(("expected", "received"), tables, strict=True)
    ]


def _picture(name: str, table: torch.Tensor, low: float, high: float) -> str:
    """The numbers as grey squares, from ``low`` (white) to ``high`` (black)."""
    shades = 255 - (255 * (table - low) / max(high - low, 1e-12)).round().int()
    squares = "".join(
        f"<rect x='{SQUARE * column}' y='{SQUARE * row}' width='{SQUARE}' height='{SQUARE}' "
        f"fill='rgb({shade},{shade},{shade})'/>"
        for row, shades_of_row in enumerate(shades.tolist())
        for column, shade in enumerate(shades_of_row)
    )
    rows, columns = table.shape
    alt = (
        f"{name}, drawn: {rows} rows and {columns} columns of squares, white for {low:.3g}, black "
        f"for {high:.3g}"
    )
    return (
        f"<svg role='img' aria-label='{alt}' width='{SQUARE * columns}' height='{SQUARE * rows}' "
        f"style='border: 1px solid gray'><title>{alt}</title>{squares}</svg>"
    )

"""How often the class failed each criterion, in numbers, as a figure and in words."""

import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from course_tools.marking.outcome import Mark, Outcome, printable
from course_utils.judging import NOT_ATTEMPTED


@dataclass
class Criterion:
    """How many failed a criterion, and which messages they got: message -> how often.

    Messages that differ in a number or a name alone are one, given as it occurred first.
    """

    name: str
    failed: int = 0
    messages: Counter[str] = field(default_factory=Counter)
    _first: dict[str, str] = field(default_factory=dict)

    def fail(self, message: str) -> None:
        """Count one more who failed."""
        self.failed += 1
        self.messages[self._first.setdefault(general(message), message)] += 1

    @property
    def commonest(self) -> str:
        """The message given most often."""
        return self.messages.most_common(1)[0][0] if self.messages else ""


@dataclass
class Exercise:
    """The criteria of a test cell, and how many students attempted it.

    ``untouched`` left it as it was given out, and of ``unknown`` there is no evidence: they count
    neither as attempts nor as failures.
    """

    name: str
    attempted: int = 0
    untouched: int = 0
    unknown: int = 0
    criteria: dict[str, Criterion] = field(default_factory=dict)

    def add(self, mark: Mark) -> None:
        """Count the verdict on one student's answer."""
        if not mark.criteria:
            self.unknown += 1
        elif not_attempted(mark):
            self.untouched += 1
        else:
            self.attempted += 1
            for tested in mark.criteria:
                criterion = self.criteria.setdefault(tested.name, Criterion(tested.name))
                if not tested.passed:
                    criterion.fail(tested.message)

    def percent(self, criterion: Criterion) -> float:
        """How many of those who attempted the exercise failed ``criterion``."""
        return 100 * criterion.failed / self.attempted

    def failed(self) -> list[Criterion]:
        """What anybody failed, the most often failed first."""
        failed = (criterion for criterion in self.criteria.values() if criterion.failed)
        return sorted(failed, key=lambda criterion: -criterion.failed)


def not_attempted(mark: Mark) -> bool:
    """Whether the answer is the stub: the rule of `course_utils.report.Verdict.outcome`.

    A stub may fail a criterion for another reason, such as "This could not be tried: see above."
    """
    passed = any(tested.passed for tested in mark.criteria)
    return not passed and NOT_ATTEMPTED in mark.criteria[0].message


def general(message: str) -> str:
    """The message without its numbers and without the names in an error."""
    if message.startswith("Your code raised "):
        message = re.sub(r"'[^']*'|\"[^\"]*\"", "'…'", message)
    return re.sub(r"\d+(\.\d+)?(e[+-]?\d+)?", "…", message)


def count_criteria(outcomes: Iterable[Outcome]) -> dict[str, list[Exercise]]:
    """Each notebook's exercises, in its order, with how often their criteria were failed."""
    notebooks: dict[str, dict[str, Exercise]] = {}
    for outcome in outcomes:
        exercises = notebooks.setdefault(outcome.notebook, {})
        for cell, mark in outcome.marks.items():
            name = cell.replace("-test", "")
            exercises.setdefault(name, Exercise(name)).add(mark)
    return {name: list(found.values()) for name, found in sorted(notebooks.items()) if found}


def first_sentence(message: str, width: int) -> str:
    """The first sentence of a message, cut at a word if it is longer than ``width``."""
    sentence = re.split(r"(?<=[.?!]) (?=[A-Z])", printable(message), maxsplit=1)[0]
    return textwrap.shorten(sentence, width, placeholder=" …")


def in_words(exercises: Sequence[Exercise], most: int = 3) -> str:
    """What the figure shows, in a few sentences: its text alternative."""
    failures = [(e.percent(c), e, c) for e in exercises for c in e.failed()]
    if not failures:
        return "Nobody who attempted an exercise failed a criterion."
    failures.sort(key=lambda failure: -failure[0])
    parts = [
        f"{exercise.name}, “{criterion.name}”: {percent:.0f} % "
        f"({criterion.failed} of {exercise.attempted})"
        for percent, exercise, criterion in failures[:most]
    ]
    words = f"Failed most often: {'; '.join(parts)}."
    untouched = max(exercises, key=lambda exercise: exercise.untouched)
    if untouched.untouched:
        words += f" Left open most often: {untouched.name}, by {untouched.untouched}."
    return words


BARS = 5
"""Of an exercise the figure shows so many criteria; the table below it has all of them."""
LEFT, RIGHT = 0.3, 0.51  # where the bars begin and end
SMALL = {"fontsize": 8, "parse_math": False, "va": "center", "linespacing": 1.05}


def draw(exercises: Sequence[Exercise], dark: bool = False) -> Figure:
    """Bars of how many in a hundred failed each criterion, beside the commonest message."""
    ink, paper, bar = ("#e8e8e8", "#1b1b1d", "#56B4E9") if dark else ("#1a1a1a", "white", "#0072B2")
    shown = {e.name: [(c, e.percent(c)) for c in e.failed()[:BARS]] for e in exercises}
    height = sum(1.2 + max(len(rows), 1) for rows in shown.values())  # in rows
    inches = 0.31 * height + 0.9
    figure = Figure(figsize=(8, inches), facecolor=paper)
    axis = figure.add_axes(
        (LEFT, 0.55 / inches, RIGHT - LEFT, 1 - 0.9 / inches), facecolor="none", ylim=(height, 0)
    )
    y = 0.0
    for exercise in exercises:
        y += 0.7
        _write(axis, exercise, y, ink)
        told: set[str] = set()
        for criterion, percent in shown[exercise.name]:
            y += 1
            axis.barh(y, percent, height=0.62, color=bar)
            message = "The same." if criterion.commonest in told else criterion.commonest
            told.add(message)
            _describe(axis, criterion.name, percent, message, y, ink)
        y += 0.5 if shown[exercise.name] else 1.5
    axis.set(xlim=(0, 100), xticks=range(0, 101, 25), yticks=[])
    axis.set_xlabel("failed, in % of those who attempted the exercise", color=ink, fontsize=8)
    axis.tick_params(colors=ink, labelsize=8, top=True, labeltop=True)
    axis.grid(axis="x", color=ink, alpha=0.15, linewidth=0.6)
    axis.set_axisbelow(True)
    axis.spines[:].set_visible(False)
    return figure


def _write(axis: Axes, exercise: Exercise, y: float, ink: str) -> None:
    """The exercise's heading, across the figure."""
    figure, rows = axis.get_yaxis_transform(), {**SMALL, "color": ink, "fontsize": 9}
    start = -LEFT / (RIGHT - LEFT) + 0.03
    counts = [f"attempted by {exercise.attempted}"]
    counts += [f"left open by {exercise.untouched}"] if exercise.untouched else []
    counts += [f"no evidence of {exercise.unknown}"] if exercise.unknown else []
    hidden = len(exercise.failed()) - BARS
    counts += [f"{hidden} more in the table"] if hidden > 0 else []
    axis.text(start, y, printable(exercise.name), transform=figure, weight="bold", **rows)
    axis.text(1.12, y, "; ".join(counts), transform=figure, **{**rows, "fontsize": 8})
    if exercise.attempted and not exercise.failed():
        axis.text(1.12, y + 1, "Nobody failed a criterion.", transform=figure, **{**rows, **SMALL})
    axis.axhline(
        y - 0.55, -LEFT / (RIGHT - LEFT), 3.26, color=ink, lw=0.5, alpha=0.4, clip_on=False
    )


def _describe(axis: Axes, name: str, percent: float, message: str, y: float, ink: str) -> None:
    """What stands beside a bar: the criterion, the number, and the commonest message."""
    rows = axis.get_yaxis_transform()
    name = textwrap.fill(printable(name), 33)
    axis.text(-0.04, y, name, transform=rows, ha="right", color=ink, **SMALL)
    axis.text(percent + 2, y, f"{percent:.0f} %", color=ink, **SMALL)
    message = textwrap.fill(first_sentence(message, 100), 54)
    axis.text(1.12, y, message, transform=rows, color=ink, **SMALL)

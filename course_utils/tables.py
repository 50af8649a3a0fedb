"""Tables of numbers, as Markdown: JupyterLab renders it, and plain readers can read it."""

import math
from collections.abc import Callable, Iterable, Mapping

from IPython.display import Markdown, display

Choose = Callable[[Iterable[float]], float]


def show_table(
    rows: Mapping[str, Mapping[str, float]],
    formats: Mapping[str, str],
    best: Mapping[str, Choose] | None = None,
) -> None:
    """Show ``rows[name][column]`` as a table, with the best of a column in bold.

    ``formats`` maps each column to a format, such as ".2f" or ".0%". ``best`` maps a column to what
    chooses its best value, such as `max`; a column without has none.
    """
    display(Markdown(_markdown(rows, formats, best or {})))


def _markdown(
    rows: Mapping[str, Mapping[str, float]],
    formats: Mapping[str, str],
    best: Mapping[str, Choose],
) -> str:
    winners = {}
    for column, choose in best.items():
        if numbers := [row[column] for row in rows.values() if not math.isnan(row[column])]:
            winners[column] = format(choose(numbers), formats[column])
    header = " | ".join(_escaped(column) for column in formats)
    lines = [f"| | {header} |", "| --- |" + " ---: |" * len(formats)]
    for name, row in rows.items():
        cells = [format(row[column], form) for column, form in formats.items()]
        # As they are printed: what reads the same is equally good.
        shown = (
            f"**{cell}**" if winners.get(column) == cell else cell
            for column, cell in zip(formats, cells, strict=True)
        )
        lines.append(f"| {_escaped(name)} | " + " | ".join(shown) + " |")
    return "\n".join(lines)


def _escaped(name: str) -> str:
    """A name that does not end its cell: "a|b" would fill two."""
    return name.replace("|", "\\|")

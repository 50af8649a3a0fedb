"""The first page of the course: its map, and how far the learner has come."""

from html import escape

from IPython.display import display

from course_utils.course_map import Chapter, course_map
from course_utils.progress import solved

SIGNS = {"open": "○", "begun": "◐", "solved": "✓"}
LEGEND = (
    f"{', '.join(f'{sign} {state}' for state, sign in SIGNS.items())}. Your time is an estimate. "
    "The run time is measured: all cells of the finished notebook, on two CPU cores."
)
COLUMNS = {"notebook": 28, "you build": 54, "solved": 18}
"""Their widths in percent."""
STYLE = "text-align: left; vertical-align: top"

Days = dict[str, str]
"""Slug -> the day on which it was solved."""


def show_course() -> None:
    """Display the notebooks, what you build in each, what is solved, and where to go on."""
    trouble, days = "", {}
    try:
        days = solved()
    except (OSError, ValueError) as error:
        trouble = f"What you have solved is not known ({error}): run the checks again."
    chapters = course_map()
    plain, html = as_text(chapters, days, trouble), as_html(chapters, days, trouble)
    display({"text/plain": plain, "text/html": html}, raw=True)


def as_text(chapters: list[Chapter], days: Days, trouble: str = "") -> str:
    """The page in plain text."""
    lines = [trouble] if trouble else []
    lines.append("{} {} {}".format(*where_to_go(chapters, days)[:3]).strip())
    for chapter in chapters:
        lines.append(f"{chapter.title}: {_count(chapter, days)}")
        lines += [f"  {entry}" for entry in _exercises(chapter, days)]
        lines.append(f"  {'; '.join([f'points: {chapter.points}', *_times(chapter)])}")
        lines.append(f"  You need: {chapter.needs}")
    return "\n".join([*lines, LEGEND])


def as_html(chapters: list[Chapter], days: Days, trouble: str = "") -> str:
    """The page as HTML, in the colours of the theme; it says all that it shows in words, too."""
    call, goal, place, link = where_to_go(chapters, days)
    head = "".join(
        f"<th scope='col' style='{STYLE}; width: {width}%'>{name}</th>"
        for name, width in COLUMNS.items()
    )
    rows = "".join(_row(chapter, days) for chapter in chapters)
    return (
        (f"<p>{escape(trouble)}</p>" if trouble else "")
        + f"<p style='font-size: 120%'>{call} {_link(link, goal)} {escape(place)}</p>"
        f"<table style='width: 100%; table-layout: auto'><thead><tr>{head}</tr></thead>"
        f"<tbody>{rows}</tbody></table><p>{LEGEND}</p>"
    )


def where_to_go(chapters: list[Chapter], days: Days) -> tuple[str, str, str, str]:
    """The first check that is not solved: what to do, with what, its place, and a link to it."""
    for chapter in chapters:
        for check in chapter.checks:
            if check.slug not in days:
                call = "Go on with:" if days else "Begin with:"
                place = f"({check.slug}), notebook {chapter.number}, section {check.section}"
                link = f"{chapter.path}#cell-id={check.cell_id}"  # JupyterLab goes to that cell
                return call, check.heading, place, link
    return "All checks of the course are solved.", "", "", ""


def _row(chapter: Chapter, days: Days) -> str:
    done = sum(check.slug in days for check in chapter.checks)
    exercises = " ".join(
        f"<span style='display: inline-block; margin-right: 0.8em'>{escape(entry)}</span>"
        for entry in _exercises(chapter, days)
    )
    needs = f"<br><small>You need: {escape(chapter.needs)}</small>"
    most = len(chapter.checks) or 1
    bar = f"<progress value='{done}' max='{most}' style='width: 100%'></progress>"
    about = "<br>".join(map(escape, [f"{chapter.points} points", *_times(chapter)]))
    cells = (
        f"<b>{_link(chapter.path, chapter.title)}</b><br><small>{about}</small>",
        exercises + needs,
        f"{bar}<br>{_count(chapter, days)}",
    )
    return "<tr>" + "".join(f"<td style='{STYLE}'>{cell}</td>" for cell in cells) + "</tr>"


def _times(chapter: Chapter) -> list[str]:
    times = {"you": chapter.learner_time, "a run": chapter.run_time}
    return [f"{who}: {time}" for who, time in times.items() if time]


def _exercises(chapter: Chapter, days: Days) -> list[str]:
    """Each exercise as "✓ Title", or "◐ Title (1 of 2 parts)"."""
    entries = []
    for checks in chapter.exercises.values():
        done = sum(check.slug in days for check in checks)
        if 0 < done < len(checks):
            entries.append(f"{SIGNS['begun']} {checks[0].title} ({done} of {len(checks)} parts)")
        else:
            entries.append(f"{SIGNS['solved' if done else 'open']} {checks[0].title}")
    return entries


def _count(chapter: Chapter, days: Days) -> str:
    dates = [days[check.slug] for check in chapter.checks if check.slug in days]
    last = f", last on {max(dates)}" if dates else ""
    return f"{len(dates)} of {len(chapter.checks)} checks{last}"


def _link(target: str, text: str) -> str:
    return f"<a href='{escape(target)}'>{escape(text)}</a>"

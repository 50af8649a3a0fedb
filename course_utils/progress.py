"""What a learner has solved: `check` keeps it in progress.json, where other work is saved."""

import json
from datetime import date

from course_utils.saved import saved_folder, write_whole

FILE, DAMAGED = "progress.json", "progress-damaged.json"


def solved() -> dict[str, str]:
    """The day, as YYYY-MM-DD, on which each exercise was solved last, by slug.

    Raises ValueError if the file is damaged, OSError if it cannot be read.
    """
    path = saved_folder() / FILE
    try:
        content = json.loads(path.read_text())
        return {slug: date.fromisoformat(day).isoformat() for slug, day in content.items()}
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"{path} is damaged") from error


def record(slug: str) -> None:
    """Keep that exercise ``slug`` is solved today; what goes wrong costs a printed sentence.

    A damaged file is set aside. While nbgrader executes a notebook the folder is a temporary one,
    so nothing is kept then.
    """
    try:
        try:
            before = solved()
        except ValueError as error:
            aside = saved_folder() / DAMAGED
            (saved_folder() / FILE).replace(aside)
            print(f"Your progress is counted anew: {error}. It is kept as {aside.name}.")
            before = {}
        after = {**before, slug: date.today().isoformat()}
        if after != before:
            write_whole(saved_folder() / FILE, (json.dumps(after, indent=1) + "\n").encode())
    except OSError as error:
        print(f"Your progress could not be kept: {error}")

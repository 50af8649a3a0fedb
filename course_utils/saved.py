"""Where the notebooks keep what was trained: weights, histories, pictures."""

import os
import tempfile
from functools import cache
from pathlib import Path

from course_utils.training import execution_mode

COURSE = Path(__file__).parents[1]


def saved_folder() -> Path:
    """The folder for what a notebook saves: COURSE_SAVED, or else `saved` in the course's folder.

    While nbgrader executes a notebook it is a temporary folder, so that marking a submission
    overwrites nothing and leaves nothing behind. Raises OSError if the folder cannot be made.
    """
    if execution_mode() != "interactive":
        return Path(_temporary().name)
    folder = Path(os.environ.get("COURSE_SAVED") or COURSE / "saved").expanduser()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OSError(
            f"The folder {folder} cannot be made ({error.strerror}): set COURSE_SAVED to a folder "
            "that you may write to."
        ) from error
    return folder


def write_whole(path: Path, content: bytes) -> None:
    """Write the file aside and then move it into place, so that nobody ever sees half of it.

    If that fails or is interrupted, an older file stays as it was. Raises OSError.
    """
    with tempfile.TemporaryDirectory(prefix=".saving-", dir=path.parent) as folder:
        aside = Path(folder, path.name)
        aside.write_bytes(content)
        os.replace(aside, path)


@cache
def _temporary() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="course-saved-")  # removed when Python ends

"""Pack what a class gets: ``python -m course_tools.handout`` writes build/handout.zip.

The notebooks, what they import and what sets them up; no solutions and no hidden tests.
"""

from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

from course_tools.gradebook import ROOT

FOLDERS = ("notebooks", "course_utils")
FILES = (
    "Makefile",
    "README.md",
    "LICENSE",
    "constraints.txt",
    "environment.yml",
    "pyproject.toml",
    "course_tools/__init__.py",
    "course_tools/install.py",
    "docs/check.png",
)
ARCHIVE = ROOT / "build" / "handout.zip"
LEFT_OUT = ("__pycache__", ".ipynb_checkpoints")


def contents() -> list[Path]:
    """The files of the handout, relative to the course's folder."""
    found = [ROOT / name for name in FILES]
    for folder in FOLDERS:
        found += (path for path in (ROOT / folder).rglob("*") if path.is_file())
    return sorted(path.relative_to(ROOT) for path in found if not {*LEFT_OUT} & {*path.parts})


def main() -> None:
    """Write the archive and say where it is."""
    ARCHIVE.parent.mkdir(exist_ok=True)
    with ZipFile(ARCHIVE, "w", ZIP_DEFLATED) as zipped:
        for path in contents():
            zipped.write(ROOT / path, Path("conditional-models") / path)
    print(f"{ARCHIVE}: {len(contents())} files, {ARCHIVE.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()

"""Pack what a class gets: ``python -m course_tools.handout`` writes build/handout.zip.

The notebooks, what they import and what sets them up; no solutions and no hidden tests.
"""

from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

from course_tools.build import index, names, release
from course_tools.gradebook import ROOT, SOLUTIONS

FOLDER = Path("conditional-models")

FILES = (
    "Makefile",
    "README.md",
    "LICENSE",
    "constraints.txt",
    "environment.yml",
    "nbgrader_config.py",
    "pyproject.toml",
    "course_tools/__init__.py",
    "course_tools/install.py",
    "docs/check.png",
    "docs/gallery.png",
)
ARCHIVE = ROOT / "build" / "handout.zip"
LEFT_OUT = ("__pycache__", ".ipynb_checkpoints")


def contents() -> list[Path]:
    """The files of the handout beside the notebooks, relative to the course's folder."""
    found = [ROOT / name for name in FILES]
    found += (path for path in (ROOT / "course_utils").rglob("*") if path.is_file())
    return sorted(path.relative_to(ROOT) for path in found if not {*LEFT_OUT} & {*path.parts})


def main() -> None:
    """Write the archive and say where it is."""
    ARCHIVE.parent.mkdir(exist_ok=True)
    with ZipFile(ARCHIVE, "w", ZIP_DEFLATED) as zipped:
        for path in contents():
            zipped.write(ROOT / path, FOLDER / path)
        for name in names():  # made afresh: those in notebooks/ may have been solved
            notebook = FOLDER / "notebooks" / name / f"{name}.ipynb"
            zipped.writestr(str(notebook), release(SOLUTIONS, name))
        zipped.writestr(str(FOLDER / "notebooks" / "index.ipynb"), index())
    print(f"{ARCHIVE}: {ARCHIVE.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()

"""nbgrader's configuration: `make grade` uses it, and so do plain nbgrader and formgrader here."""

import runpy
from pathlib import Path

c = get_config()  # noqa: F821 (nbgrader provides it)

c.CourseDirectory.course_id = "conditional-models"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "notebooks"

c.ClearSolutions.code_stub = {
    "python": "raise NotImplementedError  # replace this line with your code"
}

# Graded cells are put back; then the learner's code runs in a jail, and is judged outside of it.
c.Autograde.sanitize_preprocessors = [
    "nbgrader.preprocessors.ClearOutput",
    "course_tools.marking.preprocessors.RestoreCells",
    "nbgrader.preprocessors.DeduplicateIds",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.Autograde.autograde_preprocessors = [
    "course_tools.marking.preprocessors.ExecuteJailed",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# Nothing else of a submission comes along: a link in it would be copied with what it points to.
c.CourseDirectory.ignore = ["*"]

# The button Validate runs what the checks need, in a kernel of its own.
NEEDED_CELLS = Path(__file__).parent / "course_utils" / "needed_cells.py"
c.Execute.on_notebook_start = runpy.run_path(str(NEEDED_CELLS))["leave_out_the_rest"]
c.Execute.timeout = 60
c.Execute.iopub_timeout = 10  # on a busy machine a cell's output may come late
c.Execute.error_on_timeout = {
    "ename": "CellTimeoutError",
    "evalue": "",
    "traceback": ["This cell was stopped: it took longer than 60 seconds."],
}
c.Execute.extra_arguments = [
    "--HistoryManager.hist_file=:memory:",
    "--IPKernelApp.log_level=ERROR",
]

# What a submission shows is text and pictures, also in the pages that are made of it.
c.HTMLExporter.sanitize_html = True

# Feedback shows what the tests said, not the tests.
c.GenerateFeedback.preprocessors = [
    "nbgrader.preprocessors.GetGrades",
    "nbgrader.preprocessors.ClearHiddenTests",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]

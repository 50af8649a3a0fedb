"""nbgrader's configuration: `make grade` uses it, and so do plain nbgrader and formgrader here."""

c = get_config()  # noqa: F821 (nbgrader provides it)

c.CourseDirectory.course_id = "conditional-models"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "notebooks"

c.ClearSolutions.code_stub = {
    "python": "raise NotImplementedError  # replace this line with your code"
}

# The contract lets a learner replace a solution cell whole, so test cells may go missing with it.
c.OverwriteCells.add_missing_cells = True

# Training cells keep short while a submission is marked; what takes longer than this hangs.
c.Execute.timeout = 60
c.Execute.iopub_timeout = 10  # on a busy machine a cell's output may come late
c.Execute.error_on_timeout = {
    "ename": "CellTimeoutError",
    "evalue": "",
    "traceback": ["This cell was stopped: it took longer than 60 seconds."],
}

# A kernel that warns about its own transport would write into the progress bar.
c.Execute.extra_arguments = [
    "--HistoryManager.hist_file=:memory:",
    "--IPKernelApp.log_level=ERROR",
]

# Feedback shows what the tests said, not the tests.
c.GenerateFeedback.preprocessors = [
    "nbgrader.preprocessors.GetGrades",
    "nbgrader.preprocessors.ClearHiddenTests",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]

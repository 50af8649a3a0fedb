"""Marking a class. `course_tools.grade` puts these together; read them in this order.

Before anything runs:
    submissions    what was handed in, and what cannot be marked
    course         the course's own notebooks, with stubs and hidden tests
    restore        graded cells are put back
    plan           which cells have to run

What runs in the jail, on this machine or on others:
    session        one jailed kernel and its limits
    execute        all cells of a submission, over several kernels if need be
    testify        what is sent in for each test: it brings out evidence, no verdict
    workers        threads or a Dask cluster that do this for many submissions

What is made of it, outside:
    verdicts       cases are drawn, evidence is judged
    outcome        the marks and incidents of one submission
    preprocessors  nbgrader's own `autograde`, marking in this way
    ledger         what is marked already
    interrupts     Ctrl-C

What the instructor sees:
    summary        calls all these
    tables         marks in the terminal and as CSV
    feedback       pages for students
    criteria       what the class did not get
    similar        near-identical answers
    report         one page about the class
"""

"""What an instructor does in JupyterLab: formgrader marks one submission and makes its feedback."""

import shutil

import pytest
from playwright.sync_api import expect

from browser.lab import Lab, browser_page
from course_tools.example_class import ALL, make_class
from course_tools.grade import grade
from course_tools.gradebook import ROOT, SOLUTIONS
from jailed import needs_jail

needs_jail()

NAME, STUDENT = "01_conditional_classifier", "ben-partly-right"
CONFIGURATION = f"""
load_subconfig("nbgrader_config.py", path={str(ROOT)!r})
c = get_config()
c.CourseDirectory.source_directory = {str(SOLUTIONS)!r}
"""


@pytest.fixture
def desk(tmp_path):
    """An instructor's folder, with a submission, in JupyterLab."""
    root = tmp_path / "desk"
    make_class(root, [NAME])
    for student in root.glob("submitted/*"):
        if student.name != STUDENT:
            shutil.rmtree(student)
    shutil.copytree(ROOT / "notebooks", root / "notebooks")
    (root / "nbgrader_config.py").write_text(CONFIGURATION)
    with browser_page() as page:
        lab = Lab(page, root, tmp_path / "lab")
        yield lab, root
        lab.close()


def close_success(grader):
    """Wait for the window that says that all went well, and close it."""
    window = grader.locator(".modal-dialog:visible")
    expect(window).to_contain_text("Success")
    window.locator("[data-dismiss=modal]").first.click()
    expect(grader.locator(".modal-backdrop")).to_have_count(0)


def test_formgrader_marks_as_make_grade_does_and_shows_feedback(desk, tmp_path):
    lab, root = desk
    page = lab.page
    page.goto(f"{lab.server.url}/lab?token={lab.server.token}")
    page.locator(".lm-MenuBar").get_by_text("Nbgrader").click()
    page.get_by_role("menuitem", name="Formgrader").click()
    grader = page.frame_locator("iframe")
    for name in ALL:
        expect(grader.locator("tr", has_text=name)).to_be_visible()
    lab.look("instructor-1-assignments")
    row = grader.locator("tr", has_text=NAME)
    row.locator(".assign a").click()
    close_success(grader)

    row.locator(".num-submissions a").click()
    row = grader.locator("tr", has_text=STUDENT)
    expect(row).to_contain_text("needs autograding")
    row.locator(".autograde a").click()
    close_success(grader)
    lab.look("instructor-2-autograded")

    other = tmp_path / "make-grade"
    shutil.copytree(root / "submitted", other / "submitted")
    (outcome,) = grade(other)
    points = sum(mark.points for mark in outcome.marks.values())
    most = sum(mark.most for mark in outcome.marks.values())
    assert 0 < points < most
    expect(row.locator(".score")).to_have_text(f"{points:g} / {most:g}")

    row.locator(".generate-feedback a").click()
    close_success(grader)
    lab.look("instructor-3-feedback-made")
    page.goto((root / "feedback" / STUDENT / NAME / f"{NAME}.html").as_uri())
    expect(page.locator("body")).to_contain_text(f"Score: {points:.1f} / {most:.1f}")
    lab.look("instructor-4-feedback")

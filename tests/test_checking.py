"""`check`, `hint` and `grade`, as the cells of a notebook call them."""

import re
from html import unescape

import pytest
import torch
import torch.nn.functional as F

from banks.classifier.classifier_step import library_step
from banks.classifier.one_hot import eye_rows, no_return, stub, transposed, wrong_name
from course_utils import checking
from course_utils.checking import NotPassed, check, grade, hint
from course_utils.exercises import EXERCISES, example, find
from course_utils.report import drawn
from hidden import HIDDEN_TESTS


@pytest.fixture
def shown(monkeypatch):
    """The texts that were displayed."""
    texts = []

    def display(content, **_):
        texts.append(content["text/plain"] if isinstance(content, dict) else content.data)

    monkeypatch.setattr("course_utils.report.display", display)
    monkeypatch.setattr(checking, "display", display)
    return texts


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (stub, "not attempted yet"),
        (wrong_name, "your code raised an error"),
        (transposed, "not correct yet"),
        (no_return, "did you forget a return?"),
        (eye_rows, "correct (4 of 4 criteria)"),
    ],
)
def test_check_tells_the_outcome(shown, answer, outcome):
    check("one-hot", answer)
    assert outcome in shown[0]


def test_check_shows_expected_beside_received(shown):
    check("one-hot", transposed)
    assert re.search(r"expected: shape \(7, 6\)\n\s+received: shape \(6, 7\)", shown[0])


def test_check_says_what_it_tried(shown):
    check("one-hot", transposed)
    case, _ = example("one-hot")
    (line,) = [line for line in shown[0].splitlines() if "tried on" in line]
    assert f"labels = {case['labels'].tolist()}" in line
    assert f"num_classes = {case['num_classes']}" in line
    check("one-hot", eye_rows)
    assert "tried on" not in shown[1]


def test_html_and_text_say_the_same(monkeypatch):
    contents = []
    monkeypatch.setattr("course_utils.report.display", lambda c, **_: contents.append(c))
    check("one-hot", lambda labels, num_classes: F.one_hot(labels, num_classes))
    plain, html = contents[0]["text/plain"], contents[0]["text/html"]
    words = " ".join(unescape(re.sub("<[^>]*>", " ", html)).split())
    for line in plain.splitlines()[1:]:
        said = re.sub(r"\[(passed|not yet)\]", "", line)
        assert " ".join(said.split()) in words, said
    assert "&#10007; <b>not yet</b>" in html, "a sign and words, not a colour"


def test_check_names_the_next_step(shown):
    for answer in (transposed, wrong_name, stub, eye_rows):
        check("one-hot", answer)
    transposed_says, wrong_name_says, stub_says, right_says = (text.splitlines() for text in shown)
    first = 'Next: mend "shape (B, C), float32" first.'
    assert transposed_says[-1].strip().startswith(first)
    assert wrong_name_says[-1].strip().startswith(first)
    assert wrong_name_says[-1].endswith('hint("one-hot")')
    assert "Replace the line" in stub_says[-1]
    assert right_says[-1].strip() == "Next: go on below."


def test_expected_and_received_stand_side_by_side_with_pictures_that_are_told_in_words(monkeypatch):
    contents = []
    monkeypatch.setattr("course_utils.report.display", lambda c, **_: contents.append(c))
    check("one-hot", lambda labels, num_classes: 0.0 * eye_rows(labels, num_classes))
    html = contents[0]["text/html"]
    assert "display: flex" in html
    assert "word-break: normal" in html, "else JupyterLab breaks lines amid a number"
    assert html.index("expected:") < html.index("<svg") < html.index("received:")
    pictures = re.findall("<svg role='img' aria-label='([^']*)'", html)
    assert pictures == [
        f"{name}, drawn: 7 rows and 6 columns of squares, white for 0, black for 1"
        for name in ("expected", "received")
    ]
    assert html.count("fill='rgb(0,0,0)'") == 7, "the seven ones that are missing"


def test_a_table_that_is_large_or_holds_nan_is_not_drawn():
    table = torch.ones(3, 4)
    assert len(drawn((table, table))) == 2
    assert drawn((table, table.log() / 0)) == []
    assert drawn((table, torch.ones(3, 41))) == []
    assert drawn((table[:0], table[:0])) == drawn(()) == []


def test_validation_by_nbgrader_sees_an_error(monkeypatch, shown):
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    with pytest.raises(NotPassed, match="one-hot: not attempted yet") as raised:
        check("one-hot", stub)
    shown_lines = raised.value._render_traceback_()
    assert max(len(line) for line in shown_lines) <= 80
    assert "".join(" ".join(shown_lines).split()) == "".join(str(raised.value).split())
    check("one-hot", eye_rows)


def test_check_is_silent_while_a_submission_is_marked(monkeypatch, shown):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    check("one-hot", transposed)
    assert shown == []


def test_hints_come_one_after_the_other_and_the_last_one_stays(shown):
    for _ in range(4):
        hint("inject-label")
    hints = find("inject-label").HINTS
    assert [text.split(":", 1)[0] for text in shown] == [
        "**Hint 1 of 3** (run this cell again for the next one)",
        "**Hint 2 of 3** (run this cell again for the next one)",
        "**Hint 3 of 3** (this was the last)",
        "**Hint 3 of 3** (this was the last)",
    ]
    assert shown[2].endswith(hints[2])


@pytest.mark.parametrize("slug", EXERCISES)
def test_every_exercise_has_graduated_hints(slug):
    assert len(find(slug).HINTS) >= 3


@pytest.mark.parametrize("call", [lambda slug: check(slug, None), hint])
def test_an_unknown_exercise_gets_a_sentence(call):
    with pytest.raises(ValueError, match="There is no exercise 'one-hut': the names are one-hot"):
        call("one-hut")


def test_grade_returns_the_points(shown):
    assert grade("one-hot", eye_rows) == HIDDEN_TESTS["one-hot"].points
    assert grade("one-hot", stub) == 0
    assert "points" in shown[0]


def test_every_marking_draws_another_case(monkeypatch, shown):
    seen = []

    def spy(labels, num_classes):
        seen.append((labels.tolist(), num_classes))
        return eye_rows(labels, num_classes)

    for _ in range(8):
        grade("one-hot", spy)
    assert len({str(call) for call in seen[:: len(seen) // 8]}) > 1


def test_the_answer_to_the_example_earns_little(shown):
    """What was written down from the visible check does not carry over to marking."""
    _, key = example("one-hot")

    def memorised(labels, num_classes):
        return key["codes"]

    check("one-hot", memorised)
    assert "[passed] one 1 per row" in shown[0]
    for seed in range(20):
        assert grade("one-hot", memorised, seed=seed) <= 2


def test_checking_keeps_the_random_numbers_of_the_notebook(shown):
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    check("one-hot", eye_rows)
    assert torch.equal(torch.rand(1), expected)


def test_checking_keeps_the_settings_of_the_notebook(shown):
    def meddles(labels, num_classes):
        torch.set_default_dtype(torch.float64)
        torch.set_grad_enabled(False)
        return eye_rows(labels, num_classes)

    check("one-hot", meddles)
    assert torch.get_default_dtype() == torch.float32
    assert torch.is_grad_enabled()


def test_the_settings_of_a_learner_do_not_reach_the_marking(shown):
    torch.set_grad_enabled(False)
    torch.set_default_dtype(torch.float64)
    try:
        points = grade("classifier-step", library_step)
    finally:
        torch.set_grad_enabled(True)
        torch.set_default_dtype(torch.float32)
    assert points == HIDDEN_TESTS["classifier-step"].points


def test_a_copy_without_hidden_tests_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(checking, "__file__", str(tmp_path / "course_utils" / "checking.py"))
    with pytest.raises(FileNotFoundError, match=r"marking runs in the instructor's copy"):
        grade("one-hot", eye_rows)

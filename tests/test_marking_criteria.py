"""How often each criterion was failed: counted, drawn and said."""

from course_tools.marking.criteria import count_criteria, draw, first_sentence, in_words
from course_tools.marking.outcome import Mark, Outcome
from course_tools.marking.outcome import Tested as OneCriterion

NAME, CELL = "02_conditional_gan", "discriminator-test"
LABEL, SHAPE = "each logit depends on its own label", "logits of shape (B, 1)"
IGNORED = "The label never reaches the logit: all labels gave the same logit."
STUB = "Your code raised NotImplementedError."


def student(name, shape="", label="", **rest):
    """A student whose two criteria got these messages; an empty one is passed."""
    tested = tuple(OneCriterion(n, 2, not m, m) for n, m in ((SHAPE, shape), (LABEL, label)))
    return Outcome(name, NAME, "", {CELL: Mark(0, 4, tested), **rest})


def test_failures_are_counted_among_those_who_attempted_it():
    outcomes = [
        student("ada"),
        student("ben", label=IGNORED),
        student("cem", label=IGNORED),
        student("dot", shape=STUB, label=STUB),
        # A stub may fail a criterion for another reason.
        student("eva", shape=STUB, label="This could not be tried: see above."),
        Outcome("fay", NAME, "", {CELL: Mark(0, 4, (), "no evidence")}),
        Outcome("gus", NAME, "is damaged."),
    ]
    (exercise,) = count_criteria(outcomes)[NAME]
    assert exercise.name == "discriminator"
    assert (exercise.attempted, exercise.untouched, exercise.unknown) == (3, 2, 1)
    assert [(c.name, c.failed) for c in exercise.failed()] == [(LABEL, 2)]
    assert round(exercise.percent(exercise.criteria[LABEL])) == 67
    assert exercise.percent(exercise.criteria[SHAPE]) == 0


def test_an_attempt_that_calls_an_open_exercise_is_an_attempt():
    (exercise,) = count_criteria([student("ada", shape=STUB)])[NAME]
    assert (exercise.attempted, exercise.untouched) == (1, 0)


def test_messages_that_differ_in_a_number_or_a_name_count_together():
    messages = [
        "Your code raised NameError: name 'foo' is not defined.",
        "Your code raised NameError: name 'bar' is not defined.",
        "The labels 0 and 12 give the same image.",
        "The labels 0 and 14 give the same image.",
        "The labels 0 and 17 give the same image.",
    ]
    outcomes = [student(str(number), label=message) for number, message in enumerate(messages)]
    criterion = count_criteria(outcomes)[NAME][0].criteria[LABEL]
    assert criterion.messages == {messages[2]: 3, messages[0]: 2}
    assert criterion.commonest == messages[2]


def test_a_message_is_cut_to_its_first_sentence_in_one_line():
    assert first_sentence("It prints.\nTake\tit out.", 50) == "It prints."
    assert first_sentence("\x1b[1mred", 50) == "[1mred"
    cut = first_sentence("word " * 50, 40)
    assert len(cut) <= 40 and cut.endswith("word …")


def test_the_words_name_the_commonest_failures_with_their_numbers():
    outcomes = [student("ada", label=IGNORED), student("ben"), student("cem", STUB, STUB)]
    words = in_words(count_criteria(outcomes)[NAME])
    assert f"discriminator, “{LABEL}”: 50 % (1 of 2)" in words
    assert "Left open most often: discriminator, by 1." in words
    assert in_words(count_criteria([student("ada")])[NAME]).startswith("Nobody")


def test_the_figure_shows_each_failed_criterion_with_its_share_and_message(tmp_path):
    hostile = (
        "Your code raised ValueError: $\\frac{$ \x00 <b>."  # no formula, whatever it looks like
    )
    outcomes = [student("ada", hostile, IGNORED), student("ben", label=IGNORED), student("cem")]
    for dark in (False, True):
        figure = draw(count_criteria(outcomes)[NAME], dark)
        figure.savefig(tmp_path / "figure.png")
        (axis,) = figure.axes
        texts = [" ".join(text.get_text().split()) for text in axis.texts]
        assert [round(bar.get_width()) for bar in axis.patches] == [67, 33]
        assert {"67 %", "33 %", LABEL, SHAPE, IGNORED, "discriminator"} <= set(texts)
        assert "attempted" in axis.get_xlabel()


def test_nobody_s_figure_is_drawn_too(tmp_path):
    for outcomes in ([student("ada")], [student("ada", STUB, STUB)]):
        draw(count_criteria(outcomes)[NAME]).savefig(tmp_path / "figure.png")
        assert (tmp_path / "figure.png").stat().st_size > 1000

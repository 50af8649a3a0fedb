"""Near-identical answers: copies are listed however disguised, natural answers are not.

The answers come from the banks: their authors meant each to differ from the others, so two of them
are as independent as answers to one exercise can be.
"""

import inspect
import random
import re
import textwrap
from functools import cache

import pytest

from banks import RIGHT, WRONG, fill
from course_tools.marking.similar import ALIKE, alike, find_similar, read

fill()

NOTEBOOK = "02_conditional_gan"
LONG = ("generator", "discriminator", "bug-hunt-cgan")
SHORT = ("generate-class", "interference-grid", "latent-traversal")
STUBS = {slug: "raise NotImplementedError  # replace this line with your code" for slug in LONG}
STUBS |= dict.fromkeys(SHORT, STUBS["generator"])
VICTIM, COPYIST = "student-03", "student-07"


@cache
def sources(slug):
    """The answers of the bank that stand for themselves, without the line that registers them."""
    answers = [*RIGHT[slug], *(answer for answer, says in WRONG[slug] if says != "not attempted")]
    found = []
    for answer in answers:
        try:
            source = textwrap.dedent(inspect.getsource(answer))
        except OSError:  # a variant that was made by code
            continue
        source = source[re.search(r"^(def|class) ", source, re.MULTILINE).start() :]
        if "super().forward" not in source and len(source.splitlines()) > 4:
            found.append(source)
    return list(dict.fromkeys(found))


def independent_class(seed, students=10):
    """Nobody copied: everyone has long answers of their own, and half the same short ones."""
    drawn = random.Random(seed)
    answers = {f"student-{number:02}": {} for number in range(students)}
    for slug in STUBS:
        pool = sources(slug)
        natural, *others = pool
        drawn.shuffle(others)
        for number, name in enumerate(answers):
            if slug in SHORT and number % 2:
                answers[name][slug] = natural
            else:
                answers[name][slug] = others.pop() if others else STUBS[slug]
    return answers


def renamed(source):
    """Every name that is assigned to gets another one."""
    names = set(re.findall(r"^\s*(?:self\.)?(\w+)(?:, \w+)* = ", source, re.MULTILINE))
    for number, name in enumerate(sorted(names)):
        source = re.sub(rf"(?<!\.)\b{name}\b|(?<=self\.){name}\b", f"my{number}", source)
    return source


def reordered(source):
    head, *functions = re.split(r"\n(?=    def |def )", source)
    return "\n".join([head, *reversed(functions)])


def remarked(source):
    lines = [re.sub(r"\s*#.*", "", line) for line in source.split("\n")]
    return "\n".join(f"{line}  # my step {number}\n" for number, line in enumerate(lines))


DISGUISES = {
    "verbatim": lambda source: source,
    "renamed": renamed,
    "reordered": reordered,
    "other comments and blank lines": lambda source: re.sub(
        r"(\n +)(return|self)", r"\n\n\1# here I go on\1\2", source
    ),
    "all of it": lambda source: reordered(renamed(source)),
    "broken at the end": lambda source: source.rstrip() + "\n    return (",
}


@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_copy_of_long_answers_is_listed_first(disguise):
    answers = independent_class(seed=0)
    copied = [slug for slug in LONG if answers[VICTIM][slug] != STUBS[slug]]
    for slug in copied:
        answers[COPYIST][slug] = DISGUISES[disguise](answers[VICTIM][slug])
    pair = find_similar(NOTEBOOK, answers, STUBS)[0]
    assert pair.students == (VICTIM, COPYIST)
    assert set(pair.exercises) & set(copied)
    assert ALIKE <= pair.similarity <= 1
    slug = pair.exercises[0]
    assert pair.sources[slug] == (answers[VICTIM][slug], answers[COPYIST][slug])
    assert pair.why.endswith(".")


@pytest.mark.parametrize("seed", range(5))
def test_independent_answers_are_not_listed(seed):
    assert find_similar(NOTEBOOK, independent_class(seed), STUBS) == []


def test_what_half_of_the_class_writes_is_nobody_s_copy():
    answers = {f"student-{n:02}": {"generator": sources("generator")[n % 2]} for n in range(12)}
    assert find_similar(NOTEBOOK, answers, STUBS) == []


def test_stubs_and_missing_answers_are_not_alike():
    answers = {name: dict(STUBS) for name in ("ada", "ben", "cem")} | {"dot": {}, "eva": {}}
    assert find_similar(NOTEBOOK, answers, STUBS) == []
    assert find_similar(NOTEBOOK, {}, STUBS) == []
    assert find_similar(NOTEBOOK, {"ada": dict(STUBS)}, STUBS) == []


def test_the_sentence_names_what_nobody_else_writes():
    answers = independent_class(seed=1)
    source = answers[VICTIM]["generator"].rstrip()
    answers[VICTIM]["generator"] = source + "\n\n\nGRANDMOTHERS_NUMBER = 4711\n"
    answers[COPYIST] = dict(answers[VICTIM])
    pair = find_similar(NOTEBOOK, answers, STUBS)[0]
    assert "GRANDMOTHERS_NUMBER" in pair.why
    assert "same up to names" in pair.why


def test_no_more_pairs_than_asked_for_the_most_striking_first():
    answers = independent_class(seed=2)
    for victim, copyist, slugs in (("00", "02", LONG), ("04", "06", LONG[:1])):
        for slug in slugs:
            answers[f"student-{copyist}"][slug] = answers[f"student-{victim}"][slug]
    pairs = find_similar(NOTEBOOK, answers, STUBS)
    assert pairs[0].students == ("student-00", "student-02")
    assert find_similar(NOTEBOOK, answers, STUBS, most=1) == pairs[:1]


def test_lines_of_the_stub_are_left_out_and_comments_are_evidence():
    stub = 'def one(x):\n    """Return x."""\n    raise NotImplementedError'
    read_in = read('def one(x):\n    """Return x."""\n    y = x  # my odd trick\n', stub)
    assert read_in.blocks == (("name", "=", "name"),)
    assert read_in.words == {"x", "y", "“my odd”", "“odd trick”"}


def test_whitespace_counts_for_nothing():
    assert read("def f(a):\n  return  a+1\n") == read("def f( a ):\n\n        return a + 1")


@pytest.mark.parametrize(
    "broken", ["def f(:\n  x = '''", "x = (\n", "  x\n y\n", "\x00", "\ud800 = 1", "0777 $ ?", '"']
)
def test_broken_code_is_read_all_the_same(broken):
    reading = read(f"def f(a):\n    return a.sum()\n{broken}\nlast = 1\n")
    assert {"sum"} <= {token for block in reading.blocks for token in block}


def test_functions_in_another_order_are_alike():
    one, two = "def f(a):\n    return a + 1\n", "def g(a):\n    for b in a:\n        print(b)\n"
    found = alike([read(one + two), read(two + one), read("x = [1, 2, 3]"), read("")])
    assert found[0, 1] == 1
    assert found[0, 2] == found[0, 3] == found[3, 3] == 0

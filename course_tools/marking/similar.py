"""Near-identical answers, listed for a look: nothing here proves that anybody copied.

Two answers are listed if their code is alike, whatever its names and comments, and they share much
that is rare in the class. What half of the class writes weighs next to nothing: a short answer that
comes naturally is not listed, a long or an odd one is.
"""

import builtins
import keyword
import re
import tokenize
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from itertools import pairwise

import numpy as np
from rapidfuzz import fuzz, process
from sklearn.feature_extraction.text import CountVectorizer

Answers = Mapping[str, str]
"""Exercise -> source of the solution cell."""

ALIKE = 0.85
"""From here on, 0 to 1, the code of two answers counts as written alike."""
ENOUGH = 38.0
"""So many bits of shared rare text make a pair; see `rare` and tests/test_similar.py."""
PART = 4.0
"""So many bits make an exercise one of those that are shown."""
GRAM = 6  # so many tokens side by side make one piece of code
MOST_CHARACTERS = 8_000  # of one answer; the rest of a longer one is not read
KNOWN = {*keyword.kwlist, *dir(builtins), "self"}


@dataclass(frozen=True)
class Pair:
    """Two students whose answers to some exercises of a notebook are near-identical.

    ``similarity`` is from 0 to 1; ``sources`` has both answers to each exercise concerned.
    """

    notebook: str
    students: tuple[str, str]
    similarity: float
    why: str
    sources: dict[str, tuple[str, str]]

    @property
    def exercises(self) -> tuple[str, ...]:
        """The exercises concerned."""
        return tuple(self.sources)


@dataclass(frozen=True)
class Reading:
    """What a learner wrote: the code of each function without its names, and the words."""

    blocks: tuple[tuple[str, ...], ...]
    words: frozenset[str]

    @property
    def grams(self) -> set[tuple[str, ...]]:
        """All runs of GRAM tokens."""
        return {
            block[start : start + GRAM]
            for block in self.blocks
            for start in range(max(1, len(block) - GRAM + 1))
        }


def read(source: str, stub: str = "") -> Reading:
    """Take an answer apart; lines of the stub are left out, broken code is read all the same.

    Every name that a learner can choose becomes the same token: a copy with other names is still a
    copy. The names, the numbers and what comments and strings say are kept as words.
    """
    source = source[:MOST_CHARACTERS]
    given = {line.strip() for line in stub.split("\n")}
    lines = [line.strip() for line in source.split("\n")]
    blocks: list[list[str]] = [[]]
    words: set[str] = set()
    before, last = "", ""
    for kind, text, row in _tokens(source):
        if text in ("def", "class"):
            blocks.append([])
        if row <= len(lines) and lines[row - 1] in given:
            continue
        own = kind == "name" and text not in KNOWN and (last != "." or before == "self")
        if own or kind == "number":
            words.add(text)
        elif kind in ("comment", "string"):
            said = re.findall(r"\w+", text.lower())
            words.update(f"“{one} {two}”" for one, two in pairwise(said))
        if kind != "comment":
            blocks[-1].append(kind if own or kind in ("number", "string") else text)
        before, last = last, text
    return Reading(tuple(tuple(block) for block in blocks if block), frozenset(words))


NAMED = {tokenize.NAME: "name", tokenize.NUMBER: "number", tokenize.STRING: "string"}
LAYOUT = {tokenize.NEWLINE, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


def _tokens(source: str) -> Iterator[tuple[str, str, int]]:
    """(kind, text, row) of each token that is no layout."""
    row, fresh = 0, True
    try:
        for token in tokenize.generate_tokens(StringIO(source).readline):
            row = token.start[0]
            if token.type not in LAYOUT and token.string.strip():
                # A string that begins a line is a docstring.
                remark = token.type == tokenize.COMMENT or (fresh and token.type == tokenize.STRING)
                yield "comment" if remark else NAMED.get(token.type, "sign"), token.string, row
            fresh = token.type in LAYOUT
    except (tokenize.TokenError, SyntaxError, ValueError):  # what Python cannot read is split up
        for number, line in enumerate(source.split("\n")[row:], start=row + 1):
            for text in re.findall(r"#.*|\w+|[^\w\s]", line):
                kind = "name" if text.isidentifier() else "number" if text.isdigit() else "sign"
                yield "comment" if text[0] == "#" else kind, text, number


def find_similar(
    notebook: str, answers: Mapping[str, Answers], stubs: Answers, most: int = 20
) -> list[Pair]:
    """At most ``most`` pairs of students with near-identical answers, the most striking first.

    ``answers`` has the answers of each student, ``stubs`` the cells as they were given out.
    """
    students = sorted(answers)
    evidence = np.zeros((len(students), len(students)), np.float32)
    parts: dict[str, Part] = {}
    for exercise, stub in stubs.items():
        readings = [read(answers[student].get(exercise, ""), stub) for student in students]
        part = parts[exercise] = Part(readings, alike(readings), shared(readings))
        evidence += part.bits * (part.alike >= ALIKE)
    found = np.argwhere(np.triu(evidence >= ENOUGH, k=1))
    found = sorted(found.tolist(), key=lambda pair: -evidence[*pair])
    pairs = []
    for i, j in found[:most]:
        least = min(PART, evidence[i, j] / len(parts))  # so that at least one is shown
        concerned = {
            exercise: part
            for exercise, part in parts.items()
            if part.alike[i, j] >= ALIKE and part.bits[i, j] >= least
        }
        first, second = (answers[students[k]] for k in (i, j))
        pairs.append(
            Pair(
                notebook,
                (students[i], students[j]),
                float(np.mean([part.alike[i, j] for part in concerned.values()])),
                _why(list(concerned.values()), i, j),
                {exercise: (first[exercise], second[exercise]) for exercise in concerned},
            )
        )
    return pairs


@dataclass(frozen=True)
class Part:
    """One exercise: what was read, and for each two students how alike it is, and the bits."""

    readings: Sequence[Reading]
    alike: np.ndarray
    bits: np.ndarray


def alike(readings: Sequence[Reading]) -> np.ndarray:
    """How alike each two answers' code is, ALIKE to 1, or 0; functions may change their order."""
    signs: dict[str, str] = {}
    ordered, by_content = [], []
    for reading in readings:
        blocks = [
            "".join(signs.setdefault(token, chr(len(signs) + 1)) for token in block)
            for block in reading.blocks
        ]
        ordered.append("".join(blocks))
        by_content.append("".join(sorted(blocks)))
    ratios = (
        process.cdist(texts, texts, scorer=fuzz.ratio, score_cutoff=100 * ALIKE, dtype=np.float32)
        for texts in (ordered, by_content)
    )
    written = np.array([bool(text) for text in ordered])
    return np.maximum(*ratios) / 100 * np.outer(written, written)


def shared(readings: Sequence[Reading]) -> np.ndarray:
    """The bits of rare text that each two answers share, in code and in words."""
    # Each token is in GRAM pieces of code.
    return _shared(readings, lambda reading: reading.grams) / GRAM + _shared(
        readings, lambda reading: reading.words
    )


def _shared(readings: Sequence[Reading], pieces: Callable[[Reading], set]) -> np.ndarray:
    vectorizer = CountVectorizer(analyzer=pieces, binary=True, dtype=np.float32)
    try:
        written = vectorizer.fit_transform(readings)
    except ValueError:  # nobody wrote anything
        return np.zeros((len(readings), len(readings)), np.float32)
    worth = rare(np.asarray(written.sum(axis=0)).ravel(), len(readings))
    return (written.multiply(worth) @ written.T).toarray()


def rare(writers: np.ndarray, students: int) -> np.ndarray:
    """What a piece that ``writers`` of ``students`` wrote is worth, in bits.

    log2(students / writers) would be the surprise, but pieces of code come in company: the common
    ones would add up to much. So this falls faster: in a class of 30, what two students wrote is
    worth 3.9 bits, what six wrote 0.8, and what half of them wrote 0.07.
    """
    if students <= 2:  # nothing is known about what is rare
        return np.full(writers.shape, 1.0, np.float32)
    surprise = np.log2(students / writers)
    return surprise**3 / np.log2(students / 2) ** 2


def _why(parts: Sequence[Part], i: int, j: int) -> str:
    """One sentence: what two students share that few others wrote."""
    same = min(part.alike[i, j] for part in parts)
    how = "is the same up to names" if same > 0.995 else f"is the same to {same:.0%} or more"
    writers = Counter(
        word for part in parts for words in [r.words for r in part.readings] for word in words
    )
    both = {word for part in parts for word in part.readings[i].words & part.readings[j].words}
    only = sorted(word for word in both if writers[word] == 2)
    only.sort(key=len, reverse=True)
    sentence = f"The code {how}"
    if only:
        sentence += f"; only these two write {', '.join(word[:40] for word in only[:4])}"
    return f"{sentence}."

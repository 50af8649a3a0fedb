"""Exercise per-class-frechet: the Fréchet distance of each class."""

from collections.abc import Callable

import torch

from course_utils.evidence import Evidence, Recorder
from course_utils.exercises.metrics.frechet import SafeEigenvalues, expect_near, near
from course_utils.faults import expect, expect_floats, expect_shape
from course_utils.judging import Criterion, Sheet

HINTS = (
    "Take the features of one class from either side, and measure the distance between the two "
    "by hand. Is that what your code gives for this class? Then count its rows on either side.",
    "Two masks for class c, each from the labels of its own side: `labels_real == c` and "
    "`labels_fake == c`. Go through all of `range(num_classes)`: the classes that occur are not "
    "enough, since each result has its place.",
    "Start from `features_real.new_full((num_classes,), float('nan'))`, which lies on the right "
    "device. Where both masks keep 2 rows or more, put the distance in place c.",
)
ADVICE = {
    "shape of the mask": "Each side has labels of its own: a mask from labels_fake for the rows of "
    "features_fake.",
    "boolean index did not match": "Each side has labels of its own: a mask from labels_fake for "
    "the rows of features_fake.",
    "ValueError": "If this is your frechet_distance, which refuses a class: a class with fewer "
    "than 2 rows on either side gets NaN, so count its rows before you measure it.",
    "LinAlgError": "The covariance of fewer than 2 rows is nan: count the rows of a class before "
    "you measure it.",
    "is out of bounds": "The labels run up to num_classes - 1: is a number of classes fixed, or "
    "taken from the labels that occur?",
}
MISTAKES = {
    "These are the distances between all real and all fake features: take one class at a "
    "time.": "all",
    "Each real class is compared with the fake features of all classes: with those of the same "
    "class.": "all fake",
    "All real features are compared with each fake class: those of the same class.": "all real",
    "Each real class is compared with the fake features of the other classes: with those of the "
    "same class.": "others",
    "Each distance is 0: is a class compared with itself, on one side?": "zero",
    "The covariances divide by N: divide by N - 1.": "N",
    "These are roots of the distances: the Fréchet distance is used squared.": "root",
    "These are the distances of the means alone: the covariances are missing.": "means",
    "The first class has its place at the end: class c belongs in place c, from 0.": "shifted",
}


def probe(answer: Callable, case: Evidence) -> Evidence:
    run = Recorder(case["seed"])
    labels = case["all labels_real"][:1]
    single = (case["all features_real"][:1], labels, case["all features_fake"][:1], labels)
    gaps = sides(case, "gaps")
    with SafeEigenvalues():
        for name in ("all", "gaps"):
            run(name, answer, *sides(case, name), case[f"{name} num_classes"])
        run("single", answer, *single, case["all num_classes"])
        run.on_devices("gaps", lambda to: answer(*map(to, gaps), case["gaps num_classes"]))
    return run.evidence


def sides(case: Evidence, name: str) -> list[torch.Tensor]:
    """Features and labels of either side of the data ``name``: "all", or "gaps" between classes."""
    parts = ("features_real", "labels_real", "features_fake", "labels_fake")
    return [case[f"{name} {part}"] for part in parts]


def judge(case: Evidence, key: Evidence, evidence: Evidence) -> list[Criterion]:
    sheet = Sheet(evidence, ADVICE)
    with sheet.criterion("shape (C,), float", points=1):
        whole = "These are whole numbers: a distance is a float. Look for the dtype."
        expect_floats(distances(case, sheet, "all"), whole)
    with sheet.criterion("each class against the same class", points=2):
        expect_near(
            distances(case, sheet, "all"),
            key["all"],
            key["all traces"],
            {message: key[f"all {mistake}"] for message, mistake in MISTAKES.items()},
            "These are not the Fréchet distances between the real and the fake rows of each class.",
        )
    with sheet.criterion("NaN where either side has fewer than 2 rows", points=2):
        _expect_gaps(distances(case, sheet, "gaps"), key)
    sheet.gpu("gaps", advice="make the result on features_real.device (new_full, new_zeros).")
    return sheet.criteria


def distances(case: Evidence, sheet: Sheet, name: str) -> torch.Tensor:
    """The tensor (C,) that the call ``name`` returned, or a fault."""
    received, num_classes = sheet.tensor(name), case[f"{name} num_classes"]
    _, labels_real, _, labels_fake = sides(case, name)
    follows = (
        "The length follows the labels at hand: classes that do not occur have their places, too, "
        "range(num_classes)."
    )
    mistakes = {}
    for labels in (labels_real, labels_fake, torch.cat([labels_real, labels_fake])):
        mistakes |= {(len(labels.unique()),): follows, (int(labels.max()) + 1,): follows}
    both = (labels_real.bincount(minlength=num_classes) > 1) & (
        labels_fake.bincount(minlength=num_classes) > 1
    )
    mistakes |= {
        (int(both.sum()),): follows,
        (): "One number in all: each class has its own.",
        (1,): "One number in all: each class has its own.",
        (num_classes, 1): "There is a dimension too many: (C,) is asked for, not (C, 1).",
        (num_classes, num_classes): "Every class is compared with every other one: each is "
        "compared with the same class alone.",
    }
    expect_shape(received, (num_classes,), mistakes)
    return received


def _expect_gaps(received: torch.Tensor, key: Evidence) -> None:
    """Raise a fault unless NaN stands for the classes without a distance, and only for them."""
    traces, measured, found = key["gaps traces"], key["gaps measured"], ~received.isnan()
    expected = key["gaps"].masked_fill(~measured, torch.nan)
    values, positive = expected[measured], received[received > 0]
    misplaced = (
        len(positive) == len(values)
        and near(positive.sort().values, values.sort().values, traces[measured].max())
        and not torch.equal(received > 0, measured)
    )
    expect(
        not misplaced,
        "The distances are there, but not in the places of their classes: class c belongs in "
        "place c, however many classes before it are absent.",
        expected,
        received,
    )
    expect(
        not torch.equal(found, measured & ~key["gaps pairs"]),
        "A class with exactly 2 rows on one side gets nan: 2 are enough.",
        expected,
        received,
    )
    unmeasured = received[found & ~measured]
    expect(
        len(unmeasured) == 0 or bool(unmeasured.any()),
        "A class that cannot be measured gets 0, as if both sides were equal: NaN says that "
        "nothing is known.",
        expected,
        received,
    )
    expect(
        len(unmeasured) == 0,
        "A class with fewer than 2 rows on one side gets a number: look at both sides, and give "
        "NaN.",
        expected,
        received,
    )
    expect(
        torch.equal(found, measured),
        "A class with 2 rows or more on both sides gets nan: it has a distance.",
        expected,
        received,
    )
    message = "NaN is where it belongs, but the distances of the other classes are wrong."
    expect_near(received[measured], values, traces[measured], {}, message)

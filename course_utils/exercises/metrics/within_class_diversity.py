"""Exercise within-class-diversity: how far the images of a class lie apart."""

from collections.abc import Callable

import torch

from course_utils.evidence import Evidence, Recorder
from course_utils.faults import expect, expect_close, expect_floats, expect_shape
from course_utils.judging import Criterion, Sheet

HINTS = (
    "Take a class of three images by hand, each a single number: 0, 1 and 3. Its three pairs lie "
    "1, 2 and 3 apart, so its diversity is 2. What does your code give? And for a class of one?",
    "A distance is between two whole images, so make each a row of numbers first: `.flatten(1)`. "
    "Then go through the classes, `images[labels == c]`, and keep a 0 for one that has no pair.",
    "`torch.pdist(x)` has the distances between the rows of `x`, each pair once. Its `.mean()` is "
    "the diversity if x has at least 2 rows. `torch.stack` or `images.new_zeros(num_classes)` "
    "makes one tensor of them.",
)
ADVICE = {
    "only supports 2D tensors": "An image is one row of numbers here: .flatten(1) makes them.",
    "only Tensors of floating point dtype": "A list of labels or counts is no image: which tensor "
    "do the distances start from?",
    "is out of bounds": "The labels of this case run up to num_classes - 1: is a number of "
    "classes fixed, or taken from the labels that occur?",
    "non-empty list": "A class may have no image at all: its diversity is 0.",
}

LEVELS = 64
"""Grey values are whole 64ths: then float32 holds sums of their squares, and of products, exactly.

So no right way to write a distance loses anything, not even where two images are equal.
"""

MISTAKES = {
    "The zeros are in the mean: an image and itself are no pair, so divide by n(n - 1) or take "
    "the pairs i < j alone.": "all pairs",
    "These are squared distances: take the root of each pair's sum before the mean.": "squared",
    "This is the root of the mean square: take the root of each pair first, then the "
    "mean.": "root mean square",
    "These are divided by the root of the number of pixels: the Euclidean distance sums the "
    "squares over all pixels, without a mean.": "per pixel",
    "These are mean squared differences per pixel: sum over the pixels, and take the "
    "root.": "mean squared error",
    "These are sums of absolute differences: the Euclidean distance is the root of the sum of "
    "squares.": "absolute",
    "These are distances to the mean image of the class: take those between pairs.": "to mean",
    "Only neighbours in the batch are compared: take all pairs i < j.": "consecutive",
    "Only the first image is compared with the others: take all pairs i < j.": "to first",
    "Only the first two images of each class are compared: take all pairs i < j.": "first two",
    "These are sums: divide by the number of pairs, n(n - 1) / 2.": "sum",
    "These are sums in which each pair counts twice, (i, j) and (j, i).": "sum twice",
    "This is half the diversity: each pair is counted once but divided by n(n - 1), twice the "
    "number of pairs.": "half",
    "This is twice the diversity: each pair is counted twice, (i, j) and (j, i), but divided by "
    "n(n - 1) / 2.": "twice",
    "This is the diversity of all images together: compare those of one class.": "overall",
    "These are distances to images of other classes: compare those of one class.": "others",
    "These are distances between single rows of pixels: flatten each image into one row "
    "first.": "pixel rows",
    "This is a standard deviation of pixels: the diversity is a mean distance.": "deviation",
    "This is a variance of pixels: the diversity is a mean distance.": "variance",
    "A class of 2 images has a pair: 2 are enough, not 3.": "three needed",
    "These are the distances of the farthest pairs: take the mean over all pairs.": "largest",
    "These are medians: take the mean over all pairs.": "median",
    "These are the values of the classes in another order: number c belongs to class "
    "c.": "reversed",
}


def images_of(case: Evidence) -> torch.Tensor:
    """The images (B, 1, 28, 28) of a case, in [-1, 1]: fractions that float32 holds exactly."""
    return case["levels"] / LEVELS * 2 - 1


def probe(answer: Callable, case: Evidence) -> Evidence:
    images, labels = images_of(case), case["labels"]
    num_classes, many = case["num_classes"], case["many_classes"]
    run = Recorder(case["seed"])
    run("diversity", answer, images, labels, num_classes)
    run("equal", answer, images[case["copied"]], labels, num_classes)
    run("few", answer, images, case["few_labels"], many)
    run("single", answer, images[:1], labels[:1], num_classes)
    run.on_devices("diversity", lambda to: answer(to(images), to(labels), num_classes))
    run.on_devices("few", lambda to: answer(to(images), to(case["few_labels"]), many))
    return run.evidence


def judge(case: Evidence, key: Evidence, evidence: Evidence) -> list[Criterion]:
    sheet = Sheet(evidence, ADVICE)
    with sheet.criterion("one float per class, shape (C,)", points=1):
        received = _diversities(case, sheet, "diversity", case["num_classes"])
        whole = "These are whole numbers: a mean distance is a float. Look for the dtype."
        expect_floats(received, whole)
    with sheet.criterion("the mean distance over all pairs of a class", points=2):
        expect_close(
            _diversities(case, sheet, "diversity", case["num_classes"]).float(),
            key["diversity"],
            {message: key[mistake] for message, mistake in MISTAKES.items()},
            "These are not the mean Euclidean distances over all pairs i < j of a class's images.",
        )
    with sheet.criterion("pairs of equal images count, at distance 0", points=1):
        expect_close(
            _diversities(case, sheet, "equal", case["num_classes"]).float(),
            key["equal diversity"],
            {message: key[f"equal {mistake}"] for message, mistake in MISTAKES.items()},
            "Where some images of a class are equal this is not the mean distance: a pair of "
            "equal ones counts, with distance 0.",
        )
    with sheet.criterion("0 where a class has fewer than 2 images", points=1):
        received = _diversities(case, sheet, "few", case["many_classes"]).float()
        few = key["few"] == 0
        expect(
            bool((received[~few] != 0).all()),
            "A class that has 2 images or more gets 0: number c belongs to class c, also where "
            "the labels have gaps.",
            key["few"],
            received,
        )
        expect(
            not bool(received.isnan().any()),
            "A class of fewer than 2 images gets nan: it has no pair to take the mean of, so its "
            "diversity is 0.",
            key["few"],
            received,
        )
        expect(
            bool((received[few] == 0).all()),
            "A class of fewer than 2 images gets a number other than 0.",
            key["few"],
            received,
        )
    sheet.gpu("diversity", "few")
    return sheet.criteria


def _diversities(case: Evidence, sheet: Sheet, name: str, num_classes: int) -> torch.Tensor:
    labels = case["few_labels"] if name == "few" else case["labels"]
    expect_shape(
        sheet.tensor(name),
        (num_classes,),
        {
            (): "One number for all images: one per class is asked for.",
            tuple(labels.shape): "One number per image: one per class is asked for.",
            (len(labels.unique()),): "A class without images is left out: give it a 0, so that "
            "number c belongs to class c.",
            (int(labels.max()) + 1,): "The length follows the labels at hand: the number of "
            "classes is num_classes.",
            (10,): "Ten classes, whatever num_classes is: use num_classes.",
        },
    )
    return sheet.tensor(name)

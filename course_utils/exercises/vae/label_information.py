"""Exercise label-information: how well the latent code tells the class."""

from collections.abc import Callable

import torch

from course_utils.evidence import Evidence, Recorder
from course_utils.faults import expect, expect_close
from course_utils.judging import Criterion, Sheet

HINTS = (
    "Try four points on a line, two of class 0 at 0 and 1, two of class 1 at 5 and 6: the means "
    "are 0.5 and 5.5, and the accuracy is 1. Does yours agree? What if num_classes is 3?",
    "Three steps: the mean of each class, the distance of each sample to each mean, the class "
    "with the smallest distance. `torch.cdist(a, b)` has all distances between rows. A class "
    "without samples has no mean: what stands in its place?",
    "Let the column of an absent class be infinite before you take the smallest: "
    "`distances[:, counts == 0] = float('inf')`. Then the mean of "
    "`distances.argmin(dim=1) == labels`, as a float, with `.item()`.",
)
ADVICE = {
    "is out of bounds": "The labels of this case run up to num_classes - 1: is a number of "
    "classes fixed, or taken from the labels that occur?",
}


MISTAKES = {
    "This is the error rate: count how often the nearest mean is the own class's.": "error rate",
    "This is a count: divide by the number of samples.": "count",
    "This is a percentage: give a fraction.": "percentage",
    "This takes the farthest mean: the smallest distance counts, argmin.": "farthest",
    "This takes the largest inner product: the nearest mean has the smallest Euclidean "
    "distance.": "dot",
    "This takes the largest cosine: the nearest mean has the smallest Euclidean "
    "distance.": "cosine",
    "These are sums of absolute differences: the Euclidean distance sums squares.": "absolute",
    "This is the largest difference in one dimension: the Euclidean distance sums squares.": "max",
    "This is the mean of the classes' accuracies: each sample counts once, whatever its "
    "class.": "balanced",
    "These are distances to single samples: take those to the means of the classes.": "sample",
    "All are right: is each sample compared with itself? Take the distances to the class "
    "means.": "itself",
    "Each sample was left out of its own class's mean: the means are over the same "
    "data.": "left out",
    "These are medians: take the means of the classes.": "median",
}
ABSENT_MISTAKES = {
    "A class that is absent has the mean 0 here, and is the nearest to some samples: leave it "
    "out.": "zero",
    "A class that is absent wins: its mean is nan (0 / 0), and argmin takes nan for the "
    "smallest.": "nan",
    "The nearest of the classes that occur was found, but its place among them is not its label: "
    "the labels here have gaps.": "place",
}


def probe(answer: Callable, case: Evidence) -> Evidence:
    mu, labels, num_classes = case["mu"], case["labels"], case["num_classes"]
    gaps, many = case["labels_with_gaps"], case["many_classes"]
    run = Recorder(case["seed"])
    for part in range(len(mu)):
        run(f"accuracy {part}", answer, mu[part], labels[part], num_classes)
        run(f"absent {part}", answer, mu[part], gaps[part], many)
    run("single", answer, mu[0, :1], labels[0, :1], num_classes)
    run.on_devices("accuracy", lambda to: answer(to(mu[0]), to(labels[0]), num_classes))
    run.on_devices("absent", lambda to: answer(to(mu[0]), to(gaps[0]), many))
    return run.evidence


def judge(case: Evidence, key: Evidence, evidence: Evidence) -> list[Criterion]:
    sheet = Sheet(evidence, ADVICE)
    with sheet.criterion("a Python float between 0 and 1", points=1):
        accuracy = sheet.number("accuracy 0")
        expect(accuracy == accuracy, "The accuracy is nan.")
        share = "An accuracy lies in [0, 1]: is it a count, or a percentage?"
        expect(0 <= accuracy <= 1, share, "0 to 1", accuracy)
    with sheet.criterion("how often the own class's mean is the nearest", points=2):
        expect_close(
            _accuracies(case, sheet, "accuracy"),
            key["accuracy"],
            {message: key[mistake] for message, mistake in MISTAKES.items()},
            "This is not how often the nearest class mean is the own class's.",
        )
    with sheet.criterion("a class absent from the labels is never the nearest", points=2):
        expect_close(
            _accuracies(case, sheet, "absent"),
            key["absent"],
            {message: key[mistake] for message, mistake in (ABSENT_MISTAKES | MISTAKES).items()},
            "With other labels for the same groups, and classes that are absent, the accuracy "
            "must stay what it is.",
        )
    sheet.gpu("accuracy", "absent")
    return sheet.criteria


def _accuracies(case: Evidence, sheet: Sheet, name: str) -> torch.Tensor:
    """The accuracies for the data sets of the case, which together tell the mistakes apart."""
    return torch.tensor([sheet.number(f"{name} {part}") for part in range(len(case["mu"]))])

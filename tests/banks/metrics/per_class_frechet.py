"""Answers to exercise per-class-frechet: the wrong ones, and `right_per_class_frechet`."""

import torch

from banks import wrong
from banks.metrics import right_per_class_frechet  # noqa: F401
from banks.metrics.frechet import covariance, squares
from banks.metrics.frechet import measure as frechet_distance


def per_class(
    features_real,
    labels_real,
    features_fake,
    labels_fake,
    num_classes,
    distance=frechet_distance,
    least=2,
    unknown=torch.nan,
    chosen_real=torch.eq,
    chosen_fake=torch.eq,
):
    """The right answer, with one part exchanged."""
    distances = torch.full((num_classes,), unknown, device=features_real.device)
    for c in range(num_classes):
        real = features_real[chosen_real(labels_real, c)]
        fake = features_fake[chosen_fake(labels_fake, c)]
        if min((labels_real == c).sum(), (labels_fake == c).sum()) >= least:
            distances[c] = distance(real, fake)
    return distances


def every_one(labels, c):
    return torch.ones_like(labels, dtype=torch.bool)


@wrong("per-class-frechet", "not attempted")
def stub(features_real, labels_real, features_fake, labels_fake, num_classes):
    raise NotImplementedError


@wrong("per-class-frechet", "forget a return")
def no_return(*arguments):
    per_class(*arguments)


@wrong("per-class-frechet", "take one class at a time")
def all_with_all(*arguments):
    return per_class(*arguments, chosen_real=every_one, chosen_fake=every_one)


@wrong("per-class-frechet", "with the fake features of all classes")
def real_class_with_all(*arguments):
    return per_class(*arguments, chosen_fake=every_one)


@wrong("per-class-frechet", "All real features are compared with each fake class")
def all_with_fake_class(*arguments):
    return per_class(*arguments, chosen_real=every_one)


@wrong("per-class-frechet", "the fake features of the other classes")
def real_class_with_others(*arguments):
    return per_class(*arguments, chosen_fake=torch.ne)


@wrong("per-class-frechet", "is a class compared with itself")
def real_with_real(features_real, labels_real, features_fake, labels_fake, num_classes):
    return per_class(features_real, labels_real, features_real, labels_real, num_classes)


@wrong("per-class-frechet", "Each side has labels of its own")
def mask_of_the_other_side(features_real, labels_real, features_fake, labels_fake, num_classes):
    return per_class(features_real, labels_real, features_fake, labels_real, num_classes)


@wrong("per-class-frechet", "divide by N - 1")
def biased(*arguments):
    def distance(a, b):
        return frechet_distance(a, b, cov=lambda x: covariance(x, correction=0))

    return per_class(*arguments, distance=distance)


@wrong("per-class-frechet", "These are roots of the distances")
def roots(*arguments):
    return per_class(*arguments).sqrt()


@wrong("per-class-frechet", "the means alone")
def means_alone(*arguments):
    return per_class(*arguments, distance=squares)


@wrong("per-class-frechet", "class c belongs in place c, from 0")
def classes_from_one(features_real, labels_real, features_fake, labels_fake, num_classes):
    distances = per_class(features_real, labels_real, features_fake, labels_fake, num_classes)
    return distances.roll(-1)


@wrong("per-class-frechet", "as if both sides were equal")
def zero_for_absent(*arguments):
    return per_class(*arguments, unknown=0.0)


@wrong("per-class-frechet", "gets a number")
def minus_one_for_absent(*arguments):
    return per_class(*arguments, unknown=-1.0)


@wrong("per-class-frechet", "gets a number")
def infinite_for_absent(*arguments):
    return per_class(*arguments, unknown=float("inf"))


@wrong("per-class-frechet", "count its rows before you measure it")
def error_for_absent(*arguments):
    return per_class(*arguments, least=0)


@wrong("per-class-frechet", "count its rows before you measure it")
def one_row_is_enough(*arguments):
    return per_class(*arguments, least=1)


@wrong("per-class-frechet", "count its rows before you measure it")
def real_side_counted(features_real, labels_real, features_fake, labels_fake, num_classes):
    distances = features_real.new_full((num_classes,), torch.nan)
    for c in range(num_classes):
        real, fake = features_real[labels_real == c], features_fake[labels_fake == c]
        if len(real) > 1:
            distances[c] = frechet_distance(real, fake)
    return distances


@wrong("per-class-frechet", "gets a number")
def one_row_has_no_spread(*arguments):
    def distance(a, b):
        return frechet_distance(a, b) if min(len(a), len(b)) > 1 else squares(a, b)

    return per_class(*arguments, distance=distance, least=1)


@wrong("per-class-frechet", "2 are enough")
def three_rows_demanded(*arguments):
    return per_class(*arguments, least=3)


@wrong("per-class-frechet", "it has a distance")
def more_rows_than_columns_demanded(features_real, *others):
    return per_class(features_real, *others, least=features_real.shape[1] + 3)


@wrong("per-class-frechet", "The length follows the labels")
def absent_classes_skipped(*arguments):
    distances = per_class(*arguments)
    return distances[~distances.isnan()]


@wrong("per-class-frechet", "The length follows the labels")
def classes_that_occur(features_real, labels_real, features_fake, labels_fake, num_classes):
    distances = per_class(features_real, labels_real, features_fake, labels_fake, num_classes)
    return distances[labels_real.unique()]


@wrong("per-class-frechet", "The length follows the labels")
def up_to_the_largest_label(features_real, labels_real, features_fake, labels_fake, num_classes):
    num_classes = int(torch.cat([labels_real, labels_fake]).max()) + 1
    return per_class(features_real, labels_real, features_fake, labels_fake, num_classes)


@wrong("per-class-frechet", "not in the places of their classes")
def place_among_those_that_occur(x, labels_x, y, labels_y, num_classes):
    distances, found = per_class(x, labels_x, y, labels_y, num_classes), labels_x.unique()
    placed = torch.full_like(distances, torch.nan)
    placed[: len(found)] = distances[found]
    return placed


@wrong("per-class-frechet", "not in the places of their classes")
def unknown_at_the_end(*arguments):
    return per_class(*arguments).sort().values if arguments[-1] > 4 else per_class(*arguments)


@wrong("per-class-frechet", "is a number of classes fixed")
def ten_classes(features_real, labels_real, features_fake, labels_fake, num_classes):
    distances = torch.full((num_classes,), torch.nan, device=features_real.device)
    for c in range(10):
        real, fake = features_real[labels_real == c], features_fake[labels_fake == c]
        distances[c] = frechet_distance(real, fake) if min(len(real), len(fake)) > 1 else torch.nan
    return distances


@wrong("per-class-frechet", "One number in all")
def averaged(*arguments):
    return per_class(*arguments).nanmean()


@wrong("per-class-frechet", "Every class is compared with every other one")
def every_pair(features_real, labels_real, features_fake, labels_fake, num_classes):
    rows = [
        per_class(
            features_real,
            labels_real,
            features_fake,
            labels_fake,
            num_classes,
            chosen_fake=lambda labels, _, c=c: labels == c,
            distance=lambda a, b: frechet_distance(a, b) if len(b) > 1 else torch.nan,
        )
        for c in range(num_classes)
    ]
    return torch.stack(rows, dim=1)


@wrong("per-class-frechet", "There is a dimension too many")
def column(*arguments):
    return per_class(*arguments)[:, None]


@wrong("per-class-frechet", "These are whole numbers")
def integers(*arguments):
    return per_class(*arguments).nan_to_num(-1).long()


@wrong("per-class-frechet", "a tensor was expected")
def list_of_floats(*arguments):
    return per_class(*arguments).tolist()


@wrong("per-class-frechet", "the result is on the CPU")
def result_on_the_cpu(*arguments):
    return torch.tensor(per_class(*arguments).tolist())


@wrong("per-class-frechet", "name no device")
def result_on_the_gpu_if_there_is_one(*arguments):
    return per_class(*arguments).to("cuda" if torch.cuda.is_available() else "cpu")


@wrong("per-class-frechet", "It changes a tensor")
def sorted_in_place(features_real, labels_real, features_fake, labels_fake, num_classes):
    order = labels_real.argsort()
    features_real[:], labels_real[:] = features_real[order], labels_real[order]
    return per_class(features_real, labels_real, features_fake, labels_fake, num_classes)


@wrong("per-class-frechet", "It prints")
def prints(*arguments):
    print(arguments[-1])
    return per_class(*arguments)


@wrong("per-class-frechet", "Your code raised _LinAlgError")
def eigenvalues_of_nan_in_single_precision(
    features_real, labels_real, features_fake, labels_fake, num_classes
):
    distances = features_real.new_full((num_classes,), torch.nan)
    for c in range(num_classes):
        real, fake = features_real[labels_real == c], features_fake[labels_fake == c]
        if len(real) and len(fake):
            cov_a, cov_b = covariance(real), covariance(fake)
            overlap = torch.linalg.eigvals(cov_a @ cov_b).real.clamp(min=0).sqrt().sum()
            distances[c] = squares(real, fake) + (cov_a + cov_b).trace() - 2 * overlap
    return distances

"""Answers to exercise within-class-diversity: the wrong ones, and the right ones beside them."""

from functools import partial

import torch
import torch.nn.functional as F
from scipy.spatial.distance import pdist

from banks import wrong
from banks.metrics.right_within_class_diversity import pdist_of_each_class


def per_class(images, labels, num_classes, of_rows):
    """``of_rows`` of each class's images as rows, 0 where there are fewer than 2."""
    rows = [images[labels == c].flatten(1) for c in range(num_classes)]
    return torch.stack([of_rows(x) if len(x) > 1 else images.new_zeros(()) for x in rows])


OF_ROWS = {
    "mean_of_the_whole_matrix": ("The zeros are in the mean", lambda x: torch.cdist(x, x).mean()),
    "mean_of_both_triangles": (
        "The zeros are in the mean",
        lambda x: 2 * torch.cdist(x, x).triu(diagonal=1).mean(),
    ),
    "squared": ("These are squared distances", lambda x: torch.pdist(x).square().mean()),
    "root_mean_square": (
        "the root of the mean square",
        lambda x: torch.pdist(x).square().mean().sqrt(),
    ),
    "root_of_the_mean_over_pixels": (
        "divided by the root of the number of pixels",
        lambda x: torch.pdist(x).mean() / x[0].numel() ** 0.5,
    ),
    "mean_squared_error": (
        "mean squared differences per pixel",
        lambda x: torch.pdist(x).square().mean() / x.shape[1],
    ),
    "absolute": ("sums of absolute differences", lambda x: torch.pdist(x, p=1).mean()),
    "distance_to_the_class_mean": (
        "distances to the mean image",
        lambda x: (x - x.mean(0)).norm(dim=1).mean(),
    ),
    "consecutive_pairs": (
        "Only neighbours in the batch",
        lambda x: F.pairwise_distance(x[1:], x[:-1]).mean(),
    ),
    "first_with_the_others": (
        "Only the first image is compared",
        lambda x: (x[1:] - x[0]).norm(dim=1).mean(),
    ),
    "first_two": ("Only the first two images", lambda x: torch.dist(x[0], x[1])),
    "sum_of_pairs": ("These are sums", lambda x: torch.pdist(x).sum()),
    "sum_of_the_matrix": (
        "These are sums in which each pair counts twice",
        lambda x: torch.cdist(x, x).sum(),
    ),
    "triangle_over_ordered_pairs": (
        "This is half the diversity",
        lambda x: torch.cdist(x, x).triu().sum() / (len(x) * (len(x) - 1)),
    ),
    "matrix_over_pairs": (
        "This is twice the diversity",
        lambda x: torch.cdist(x, x).sum() / (len(x) * (len(x) - 1) / 2),
    ),
    "deviation": ("standard deviation of pixels", lambda x: x.std(dim=0).mean()),
    "variance": ("variance of pixels", lambda x: x.var(dim=0).mean()),
    "largest": ("the farthest pairs", lambda x: torch.pdist(x).max()),
    "positive_distances_only": (
        "a pair of equal ones counts",
        lambda x: torch.pdist(x)[torch.pdist(x) > 0].mean(),
    ),
    "different_images_only": (
        "a pair of equal ones counts",
        lambda x: torch.pdist(x.unique(dim=0)).mean(),
    ),
    "median_of_the_pairs": ("These are medians", lambda x: torch.pdist(x).median()),
}
"""Name -> part of the message, and the function of a class's rows."""


for name, (says, function) in OF_ROWS.items():
    answer = partial(per_class, of_rows=function)
    answer.__name__ = name
    wrong("within-class-diversity", says)(answer)


@wrong("within-class-diversity", "not attempted")
def stub(images, labels, num_classes):
    raise NotImplementedError


@wrong("within-class-diversity", "forget a return")
def no_return(images, labels, num_classes):
    pdist_of_each_class(images, labels, num_classes)


@wrong("within-class-diversity", "the diversity of all images together")
def all_images(images, labels, num_classes):
    return torch.pdist(images.flatten(1)).mean().repeat(num_classes)


@wrong("within-class-diversity", "images of other classes")
def between_classes(images, labels, num_classes):
    x, of_class = images.flatten(1), [labels == c for c in range(num_classes)]
    values = [torch.cdist(x[own], x[~own]).mean().nan_to_num(0) for own in of_class]
    return torch.stack(values)


@wrong("within-class-diversity", "distances between single rows of pixels")
def images_not_flattened(images, labels, num_classes):
    diversity = images.new_zeros(num_classes)
    for c in range(num_classes):
        x = images[labels == c]
        i, j = torch.triu_indices(len(x), len(x), offset=1, device=x.device)
        if len(x) > 1:
            diversity[c] = (x[:, None] - x).norm(dim=-1)[i, j].mean()
    return diversity


@wrong("within-class-diversity", "These are not the mean Euclidean distances")
def rows_of_each_image(images, labels, num_classes):
    diversity = images.new_zeros(num_classes)
    for c in range(num_classes):
        x = images[labels == c]
        if len(x) > 1:
            diversity[c] = torch.cdist(x, x).mean()
    return diversity


@wrong("within-class-diversity", ".flatten(1) makes them")
def pdist_of_images(images, labels, num_classes):
    return torch.stack([torch.pdist(images[labels == c]).mean() for c in range(num_classes)])


@wrong("within-class-diversity", "fewer than 2 images gets nan")
def nan_without_pairs(images, labels, num_classes):
    x = images.flatten(1)
    return torch.stack([torch.pdist(x[labels == c]).mean() for c in range(num_classes)])


@wrong("within-class-diversity", "a number other than 0")
def infinity_without_pairs(images, labels, num_classes):
    return pdist_of_each_class(images, labels, num_classes).where(
        torch.bincount(labels, minlength=num_classes) > 1, torch.inf
    )


@wrong("within-class-diversity", "A class that has 2 images or more gets 0")
def zeros_at_the_end(images, labels, num_classes):
    places = labels.unique(return_inverse=True)[1]
    return pdist_of_each_class(images, places, num_classes)


@wrong("within-class-diversity", "2 are enough")
def three_images_needed(images, labels, num_classes):
    enough = torch.bincount(labels, minlength=num_classes) > 2
    return pdist_of_each_class(images, labels, num_classes) * enough


@wrong("within-class-diversity", "A class without images is left out")
def absent_classes_skipped(images, labels, num_classes):
    rows = [images[labels == c].flatten(1) for c in labels.unique()]
    return torch.stack([torch.pdist(x).mean().nan_to_num(0) for x in rows])


@wrong("within-class-diversity", "the number of classes is num_classes")
def classes_from_the_labels(images, labels, num_classes):
    return pdist_of_each_class(images, labels, int(labels.max()) + 1)


@wrong("within-class-diversity", "Ten classes")
def ten_classes(images, labels, num_classes):
    return pdist_of_each_class(images, labels, 10)


@wrong("within-class-diversity", "One number for all images")
def mean_over_classes(images, labels, num_classes):
    return pdist_of_each_class(images, labels, num_classes).mean()


@wrong("within-class-diversity", "One number per image")
def one_per_image(images, labels, num_classes):
    return pdist_of_each_class(images, labels, num_classes)[labels]


@wrong("within-class-diversity", "These are whole numbers")
def whole_numbers(images, labels, num_classes):
    return pdist_of_each_class(images, labels, num_classes).round().long()


@wrong("within-class-diversity", "It returned a list; a tensor was expected")
def list_of_floats(images, labels, num_classes):
    return pdist_of_each_class(images, labels, num_classes).tolist()


@wrong("within-class-diversity", "the result is on the CPU")
def zeros_on_the_cpu(images, labels, num_classes):
    diversity = torch.zeros(num_classes)
    diversity.copy_(pdist_of_each_class(images, labels, num_classes))
    return diversity


@wrong("within-class-diversity", "With its inputs on a GPU")
def zero_on_the_cpu(images, labels, num_classes):
    rows = [images[labels == c].flatten(1) for c in range(num_classes)]
    return torch.stack([torch.pdist(x).mean() if len(x) > 1 else torch.tensor(0.0) for x in rows])


@wrong("within-class-diversity", "stay in torch")
def numpy_without_cpu(images, labels, num_classes):
    x, y = images.flatten(1).numpy(), labels.numpy()
    values = [pdist(x[y == c]).mean() if (y == c).sum() > 1 else 0.0 for c in range(num_classes)]
    return torch.tensor(values)


@wrong("within-class-diversity", "changes a tensor")
def centred_in_place(images, labels, num_classes):
    images -= images.mean(dim=0)
    return pdist_of_each_class(images, labels, num_classes)


@wrong("within-class-diversity", "It prints")
def prints(images, labels, num_classes):
    print(torch.bincount(labels))
    return pdist_of_each_class(images, labels, num_classes)

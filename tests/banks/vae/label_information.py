"""Answers to exercise label-information."""

import numpy as np
import torch
import torch.nn.functional as F

from banks import right, wrong

# right


@right("label-information")
def distances_to_all_means(mu, labels, num_classes):
    codes = F.one_hot(labels, num_classes).float()
    counts = codes.sum(0)
    means = codes.T @ mu / counts.clamp(min=1)[:, None]
    distances = torch.cdist(mu, means)
    distances[:, counts == 0] = float("inf")
    return (distances.argmin(1) == labels).float().mean().item()


@right("label-information")
def classes_that_occur(mu, labels, num_classes):
    classes, places = labels.unique(return_inverse=True)
    means = torch.stack([mu[labels == c].mean(0) for c in classes])
    nearest = (mu[:, None] - means).pow(2).sum(-1).argmin(-1)
    return (nearest == places).double().mean().item()


@right("label-information")
def best_so_far(mu, labels, num_classes):
    best = torch.full((len(mu),), float("inf"), device=mu.device)
    nearest = torch.full_like(labels, -1)
    for c in range(num_classes):
        distance = (mu - mu[labels == c].mean(0)).norm(dim=1)  # nan is never smaller
        closer = distance < best
        best = torch.where(closer, distance, best)
        nearest[closer] = c
    return (nearest == labels).sum().item() / len(labels)


@right("label-information")
def inner_products(mu, labels, num_classes):
    sums = torch.zeros(num_classes, mu.shape[1], device=mu.device).index_add_(0, labels, mu)
    counts = torch.bincount(labels, minlength=num_classes)
    means = sums / counts[:, None].clamp(min=1)
    scores = mu @ means.T - means.square().sum(1) / 2
    scores = scores.masked_fill(counts == 0, -torch.inf)
    return float((scores.argmax(dim=1) == labels).float().mean())


@right("label-information")
def dictionary_of_means(mu, labels, num_classes):
    means = {c: mu[labels == c].mean(dim=0) for c in labels.unique().tolist()}
    hits = [
        min(means, key=lambda c, row=row: torch.dist(row, means[c]).item()) == label
        for row, label in zip(mu, labels.tolist(), strict=True)
    ]
    return sum(hits) / len(hits)


@right("label-information")
def numpy_distances(mu, labels, num_classes):
    points, groups = mu.detach().cpu().numpy(), labels.cpu().numpy()
    means = np.full((num_classes, points.shape[1]), 1e6, dtype=np.float64)
    for c in np.unique(groups):
        means[c] = points[groups == c].mean(axis=0)
    distances = np.linalg.norm(points[:, None] - means[None], axis=2)
    return float(np.mean(distances.argmin(axis=1) == groups))


@right("label-information")
def nan_replaced(mu, labels, num_classes):
    means = torch.stack([mu[labels == c].mean(0) for c in range(num_classes)])
    squares = (mu.unsqueeze(1) - means.unsqueeze(0)).square().sum(2).nan_to_num(nan=torch.inf)
    own = squares.gather(1, labels.unsqueeze(1)).squeeze(1)
    return (own <= squares.min(dim=1).values).float().mean().item()


def measure(mu, labels, num_classes, distances_to=torch.cdist, choose=torch.argmin, means=None):
    """The right answer, with one part exchanged: the share of right choices."""
    classes, places = labels.unique(return_inverse=True)
    means = torch.stack([mu[labels == c].mean(0) for c in classes]) if means is None else means
    return (choose(distances_to(mu, means), dim=1) == places).float().mean().item()


# wrong


@wrong("label-information", "not attempted")
def stub(mu, labels, num_classes):
    raise NotImplementedError


@wrong("label-information", "forget a return")
def no_return(mu, labels, num_classes):
    measure(mu, labels, num_classes)


@wrong("label-information", "has the mean 0 here")
def absent_mean_is_zero(mu, labels, num_classes):
    codes = F.one_hot(labels, num_classes).float()
    means = codes.T @ mu / codes.sum(0).clamp(min=1)[:, None]
    return (torch.cdist(mu, means).argmin(1) == labels).float().mean().item()


@wrong("label-information", "its mean is nan")
def absent_mean_is_nan(mu, labels, num_classes):
    means = torch.stack([mu[labels == c].mean(0) for c in range(num_classes)])
    return (torch.cdist(mu, means).argmin(1) == labels).float().mean().item()


@wrong("label-information", "its place among them is not its label")
def place_for_label(mu, labels, num_classes):
    means = torch.stack([mu[labels == c].mean(0) for c in labels.unique()])
    return (torch.cdist(mu, means).argmin(1) == labels).float().mean().item()


@wrong("label-information", "is a number of classes fixed")
def ten_classes(mu, labels, num_classes):
    sums = torch.zeros(10, mu.shape[1], device=mu.device).index_add(0, labels, mu)
    counts = torch.zeros(10, device=mu.device).index_add(0, labels, torch.ones_like(mu[:, 0]))
    distances = torch.cdist(mu, sums / counts[:, None])
    return (distances.nan_to_num(torch.inf).argmin(1) == labels).float().mean().item()


@wrong("label-information", "the largest inner product")
def inner_product(mu, labels, num_classes):
    return measure(mu, labels, num_classes, lambda a, b: a @ b.T, torch.argmax)


@wrong("label-information", "the largest cosine")
def cosine(mu, labels, num_classes):
    def similarity(a, b):
        return F.cosine_similarity(a[:, None], b[None], dim=2)

    return measure(mu, labels, num_classes, similarity, torch.argmax)


@wrong("label-information", "sums of absolute differences")
def absolute_differences(mu, labels, num_classes):
    return measure(mu, labels, num_classes, lambda a, b: torch.cdist(a, b, p=1))


@wrong("label-information", "the farthest mean")
def farthest(mu, labels, num_classes):
    return measure(mu, labels, num_classes, choose=torch.argmax)


@wrong("label-information", "compared with itself")
def nearest_sample(mu, labels, num_classes):
    return (labels[torch.cdist(mu, mu).argmin(1)] == labels).float().mean().item()


@wrong("label-information", "distances to single samples")
def nearest_other_sample(mu, labels, num_classes):
    distances = torch.cdist(mu, mu).fill_diagonal_(torch.inf)
    return (labels[distances.argmin(1)] == labels).float().mean().item()


@wrong("label-information", "the mean of the classes' accuracies")
def balanced(mu, labels, num_classes):
    classes, places = labels.unique(return_inverse=True)
    means = torch.stack([mu[labels == c].mean(0) for c in classes])
    hits = (torch.cdist(mu, means).argmin(1) == places).float()
    return torch.stack([hits[labels == c].mean() for c in classes]).mean().item()


@wrong("label-information", "These are medians")
def medians(mu, labels, num_classes):
    middle = torch.stack([mu[labels == c].median(0).values for c in labels.unique()])
    return measure(mu, labels, num_classes, means=middle)


@wrong("label-information", "This is not how often")
def divided_by_all(mu, labels, num_classes):
    means = torch.stack([mu[labels == c].sum(0) / len(mu) for c in labels.unique()])
    return measure(mu, labels, num_classes, means=means)


@wrong("label-information", "This is not how often")
def first_dimension_only(mu, labels, num_classes):
    return measure(mu[:, :1], labels, num_classes)


@wrong("label-information", "error rate")
def error_rate(mu, labels, num_classes):
    return 1 - measure(mu, labels, num_classes)


@wrong("label-information", "An accuracy lies in [0, 1]")
def percentage(mu, labels, num_classes):
    return 100 * measure(mu, labels, num_classes)


@wrong("label-information", "divide by the number of samples")
def count(mu, labels, num_classes):
    return len(mu) * measure(mu, labels, num_classes)


@wrong("label-information", "a Python float was expected")
def tensor(mu, labels, num_classes):
    return torch.tensor(measure(mu, labels, num_classes))


@wrong("label-information", "With its inputs on a GPU")
def means_on_the_cpu(mu, labels, num_classes):
    means = torch.full((num_classes, mu.shape[1]), 1e6)
    for c in labels.unique():
        means[c] = mu[labels == c].mean(0)
    return (torch.cdist(mu, means).argmin(1) == labels).float().mean().item()


@wrong("label-information", "changes a tensor")
def labels_renumbered_in_place(mu, labels, num_classes):
    labels.copy_(labels.unique(return_inverse=True)[1])
    return measure(mu, labels, num_classes)


@wrong("label-information", "It prints")
def prints(mu, labels, num_classes):
    print(labels.unique())
    return measure(mu, labels, num_classes)

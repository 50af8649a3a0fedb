"""Right answers to exercise within-class-diversity."""

import math
from itertools import combinations

import numpy as np
import torch
import torch.nn.functional as F
from scipy.spatial.distance import pdist

from banks import right


@right("within-class-diversity")
def pdist_of_each_class(images, labels, num_classes):
    diversity = images.new_zeros(num_classes)
    for c in range(num_classes):
        x = images[labels == c].flatten(1)
        if len(x) > 1:
            diversity[c] = torch.pdist(x).mean()
    return diversity


@right("within-class-diversity")
def upper_triangle_of_cdist(images, labels, num_classes):
    values = []
    for c in range(num_classes):
        x = images[labels == c].reshape(-1, images[0].numel())
        if len(x) < 2:
            values.append(torch.zeros((), device=images.device))
            continue
        i, j = torch.triu_indices(len(x), len(x), offset=1, device=images.device)
        values.append(torch.cdist(x, x)[i, j].mean())
    return torch.stack(values)


@right("within-class-diversity")
def sum_of_cdist(images, labels, num_classes):
    sums, counts = [], torch.bincount(labels, minlength=num_classes)
    for c in range(num_classes):
        x = images[labels == c].flatten(1)
        sums.append(torch.cdist(x, x, compute_mode="use_mm_for_euclid_dist").sum())
    return torch.stack(sums) / (counts * (counts - 1)).clamp(min=1)


@right("within-class-diversity")
def broadcast_differences(images, labels, num_classes):
    def of_class(x):
        n = x.shape[0]
        if n < 2:
            return 0.0
        distances = (x.unsqueeze(0) - x.unsqueeze(1)).pow(2).sum(dim=(2, 3, 4)).sqrt()
        return distances[~torch.eye(n, dtype=torch.bool, device=x.device)].mean().item()

    values = [of_class(images[labels == c]) for c in range(num_classes)]
    return torch.tensor(values, device=images.device)


@right("within-class-diversity")
def gram_matrix_and_one_hot(images, labels, num_classes):
    x, codes = images.flatten(1), F.one_hot(labels, num_classes).to(images.dtype)
    gram = x @ x.T
    squares = gram.diagonal()[:, None] + gram.diagonal() - 2 * gram
    distances = squares.clamp(min=0).sqrt()
    counts = codes.sum(0)
    sums = (codes.T @ distances @ codes).diagonal()
    return torch.where(counts > 1, sums / (counts * (counts - 1)).clamp(min=1), 0.0)


@right("within-class-diversity")
def python_loops(images, labels, num_classes):
    rows = images.detach().cpu().flatten(1).tolist()
    members = [[] for _ in range(num_classes)]
    for row, label in zip(rows, labels.tolist(), strict=True):
        members[label].append(row)
    diversity = []
    for own in members:
        distances = [
            math.sqrt(sum((p - q) ** 2 for p, q in zip(a, b, strict=True)))
            for a, b in combinations(own, 2)
        ]
        diversity.append(sum(distances) / len(distances) if distances else 0.0)
    return torch.tensor(diversity).to(images.device)


@right("within-class-diversity")
def scipy_and_back(images, labels, num_classes):
    x = images.detach().cpu().numpy().reshape(len(images), -1)
    y = labels.cpu().numpy()
    diversity = np.zeros(num_classes, dtype=np.float32)
    for c in np.unique(y):
        if (y == c).sum() >= 2:
            diversity[c] = pdist(x[y == c]).mean()
    return torch.from_numpy(diversity).to(images.device)


@right("within-class-diversity")
def doubles_inside(images, labels, num_classes):
    x = images.double().view(len(images), -1)
    values = [torch.pdist(x[labels == c]).mean().nan_to_num(0.0) for c in range(num_classes)]
    return torch.stack(values).float()


@right("within-class-diversity")
def pairs_of_the_batch(images, labels, num_classes):
    i, j = torch.combinations(torch.arange(len(images), device=images.device)).unbind(dim=1)
    same = labels[i] == labels[j]
    i, j = i[same], j[same]
    distances = F.pairwise_distance(images[i].flatten(1), images[j].flatten(1))
    sums = torch.zeros(num_classes, device=images.device).index_add_(0, labels[i], distances)
    pairs = torch.bincount(labels[i], minlength=num_classes)
    return sums / pairs.clamp(min=1)


@right("within-class-diversity")
def one_shift_after_another(images, labels, num_classes):
    diversity = torch.zeros(num_classes, dtype=torch.float64, device=images.device)
    for c in labels.unique():
        x = images[labels == c]
        n = len(x)
        for shift in range(1, n):
            differences = (x[shift:] - x[:-shift]).flatten(1)
            diversity[c] += torch.linalg.vector_norm(differences, dim=1).sum() / (n * (n - 1) / 2)
    return diversity

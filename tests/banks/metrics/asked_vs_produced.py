"""Answers to exercise asked-vs-produced."""

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.metrics import confusion_matrix

from banks import right, wrong
from banks.drawing import drawing
from banks.metrics.modes import register_careless, seen_by


def _count(seen, labels, num_classes):
    """The right counts: row = class asked for."""
    pairs = labels * num_classes + seen
    return torch.bincount(pairs, minlength=num_classes**2).view(num_classes, num_classes).float()


def _counts(judge, images, labels, num_classes):
    return _count(seen_by(judge, images), labels, num_classes)


def _shares(counts):
    return counts / counts.sum(dim=1, keepdim=True).clamp(min=1)


# right


@right("asked-vs-produced")
def by_bincount(judge, images, labels, num_classes):
    return _shares(_counts(judge, images, labels, num_classes))


@right("asked-vs-produced")
def by_one_hot_codes(judge, images, labels, num_classes):
    training = judge.training
    judge.eval()
    try:
        with torch.no_grad():
            seen = judge(images).argmax(dim=1)
    finally:
        judge.train(training)
    asked = F.one_hot(labels, num_classes).float()
    counts = asked.T @ F.one_hot(seen, num_classes).float()
    return counts / asked.sum(dim=0).clamp(min=1)[:, None]


@right("asked-vs-produced")
def row_by_row(judge, images, labels, num_classes):
    matrix = torch.zeros(num_classes, num_classes, device=images.device)
    with drawing(judge):
        for c in labels.unique():
            seen = judge(images[labels == c]).argmax(dim=1)
            matrix[c] = F.one_hot(seen, num_classes).float().mean(dim=0)
    return matrix


@right("asked-vs-produced")
@torch.inference_mode()
def accumulated_in_place(judge, images, labels, num_classes):
    was_training = judge.training
    try:
        seen = judge.train(False)(images).max(1).indices
    finally:
        if was_training:
            judge.train()
    counts = labels.new_zeros((num_classes, num_classes), dtype=torch.float64)
    counts.index_put_((labels, seen), counts.new_ones(len(labels)), accumulate=True)
    return (counts / counts.sum(1, keepdim=True)).nan_to_num(0)


@right("asked-vs-produced")
def pair_by_pair(judge, images, labels, num_classes):
    counts = [[0.0] * num_classes for _ in range(num_classes)]
    with drawing(judge):
        for image, label in zip(images, labels.tolist(), strict=True):
            counts[label][judge(image[None]).argmax(dim=1).item()] += 1
    rows = [[n / max(sum(row), 1) for n in row] for row in counts]
    return torch.tensor(rows, device=images.device)


@right("asked-vs-produced")
def by_scikit_learn(judge, images, labels, num_classes):
    seen = seen_by(judge, images).cpu()
    matrix = confusion_matrix(labels.cpu(), seen, labels=range(num_classes), normalize="true")
    return torch.from_numpy(matrix).to(images.device)


@right("asked-vs-produced")
def by_numpy(judge, images, labels, num_classes):
    counts = np.zeros((num_classes, num_classes), dtype=np.float32)
    np.add.at(counts, (labels.cpu().numpy(), seen_by(judge, images).cpu().numpy()), 1)
    return torch.as_tensor(counts / np.maximum(counts.sum(1, keepdims=True), 1)).to(labels.device)


@right("asked-vs-produced")
def weighted_scatter_without_no_grad(judge, images, labels, num_classes):
    mode = judge.training
    try:
        seen = judge.eval()(images).topk(1).indices.flatten()  # whole numbers carry no gradient
    finally:
        judge.train(mode)
    weight = 1 / torch.bincount(labels, minlength=num_classes)[labels]
    matrix = images.new_zeros(num_classes * num_classes)
    return matrix.scatter_add(0, labels * num_classes + seen, weight).view(num_classes, -1)


@right("asked-vs-produced")
def normalized_in_chunks(judge, images, labels, num_classes):
    counts = torch.zeros(num_classes, num_classes).to(images)
    with drawing(judge):
        for part, asked in zip(images.split(10), labels.split(10), strict=True):
            seen = judge(part).argmax(dim=-1)
            for c in range(num_classes):
                counts[c] += torch.bincount(seen[asked == c], minlength=num_classes)
    return F.normalize(counts, p=1, dim=1)


# wrong: the matrix


@wrong("asked-vs-produced", "not attempted")
def matrix_stub(judge, images, labels, num_classes):
    raise NotImplementedError


@wrong("asked-vs-produced", "Rows and columns are swapped")
def transposed(judge, images, labels, num_classes):
    return by_bincount(judge, images, labels, num_classes).T


@wrong("asked-vs-produced", "swap rows and columns before you divide")
def rows_produced(judge, images, labels, num_classes):
    return _shares(_counts(judge, images, labels, num_classes).T)


@wrong("asked-vs-produced", "The columns sum to 1")
def columns_normalized(judge, images, labels, num_classes):
    counts = _counts(judge, images, labels, num_classes)
    return counts / counts.sum(dim=0).clamp(min=1)


@wrong("asked-vs-produced", "Each column is divided by the sum of a row")
def without_keepdim(judge, images, labels, num_classes):
    counts = _counts(judge, images, labels, num_classes)
    return counts / counts.sum(dim=1).clamp(min=1)


@wrong("asked-vs-produced", "nans in the rows of classes that were asked for")
def without_keepdim_or_clamp(judge, images, labels, num_classes):
    counts = _counts(judge, images, labels, num_classes)
    return counts / counts.sum(dim=1)


@wrong("asked-vs-produced", "These are counts")
def counts_returned(judge, images, labels, num_classes):
    return _counts(judge, images, labels, num_classes)


@wrong("asked-vs-produced", "The whole matrix sums to 1")
def over_all_images(judge, images, labels, num_classes):
    return _counts(judge, images, labels, num_classes) / len(images)


@wrong("asked-vs-produced", "These are percentages")
def percentages(judge, images, labels, num_classes):
    return 100 * by_bincount(judge, images, labels, num_classes)


@wrong("asked-vs-produced", "not floats")
def whole_numbers(judge, images, labels, num_classes):
    return by_bincount(judge, images, labels, num_classes).long()


@wrong("asked-vs-produced", "has nans: 0 / 0")
def without_clamp(judge, images, labels, num_classes):
    counts = _counts(judge, images, labels, num_classes)
    return counts / counts.sum(dim=1, keepdim=True)


@wrong("asked-vs-produced", "has equal shares")
def smoothed(judge, images, labels, num_classes):
    counts = _counts(judge, images, labels, num_classes) + 1e-6
    return counts / counts.sum(dim=1, keepdim=True)


@wrong("asked-vs-produced", "has a 1 on the diagonal")
def diagonal_for_empty_rows(judge, images, labels, num_classes):
    matrix = by_bincount(judge, images, labels, num_classes)
    empty = (matrix.sum(dim=1) == 0).float()
    return matrix + empty.diag()


def _added_by_index(judge, images, labels, num_classes):
    counts = images.new_zeros(num_classes, num_classes)
    counts[labels, seen_by(judge, images)] += 1
    return counts


@wrong("asked-vs-produced", "counts once, because")
def repeated_pairs_lost(judge, images, labels, num_classes):
    return _shares(_added_by_index(judge, images, labels, num_classes))


@wrong("asked-vs-produced", "and the row does not sum to 1")
def repeated_pairs_lost_over_asked(judge, images, labels, num_classes):
    asked = torch.bincount(labels, minlength=num_classes).clamp(min=1)
    return _added_by_index(judge, images, labels, num_classes) / asked[:, None]


@wrong("asked-vs-produced", "Only the diagonal")
def diagonal(judge, images, labels, num_classes):
    return by_bincount(judge, images, labels, num_classes).diag().diag()


@wrong("asked-vs-produced", "mean probabilities")
def probabilities(judge, images, labels, num_classes):
    asked = F.one_hot(labels, num_classes).float()
    with drawing(judge):
        return asked.T @ judge(images).softmax(dim=1) / asked.sum(0).clamp(min=1)[:, None]


@wrong("asked-vs-produced", "argmax goes over dim=1")
def argmax_over_images(judge, images, labels, num_classes):
    matrix = images.new_zeros(num_classes, num_classes)
    with drawing(judge):
        matrix[labels, judge(images).argmax(dim=0) % num_classes] += 1
    return matrix


@wrong("asked-vs-produced", "The size follows the classes that occur")
def size_from_the_labels(judge, images, labels, num_classes):
    size = int(max(labels.max(), seen_by(judge, images).max())) + 1
    return by_bincount(judge, images, labels, size)


@wrong("asked-vs-produced", "The size follows the classes that occur")
def scikit_learn_without_labels(judge, images, labels, num_classes):
    seen = seen_by(judge, images).cpu()
    matrix = confusion_matrix(labels.cpu(), seen, normalize="true")
    return torch.from_numpy(matrix).to(images.device)


@wrong("asked-vs-produced", "Ten classes")
def ten_classes(judge, images, labels, num_classes):
    return by_bincount(judge, images, labels, 10)


@wrong("asked-vs-produced", "one number per class")
def accuracies(judge, images, labels, num_classes):
    return by_bincount(judge, images, labels, num_classes).diag()


@wrong("asked-vs-produced", "stay in torch")
def numpy_returned(judge, images, labels, num_classes):
    return by_bincount(judge, images, labels, num_classes).cpu().numpy()


# wrong: gradient, mode, device, inputs

register_careless("asked-vs-produced", lambda *args: _shares(_count(*args)))


@wrong("asked-vs-produced", "carries a graph for gradients")
def with_gradients(judge, images, labels, num_classes):
    with drawing(judge), torch.enable_grad():
        logits = judge(images)
        hard = F.one_hot(logits.argmax(dim=1), num_classes) + 0 * logits
    asked = F.one_hot(labels, num_classes).float()
    return _shares(asked.T @ hard)


@wrong("asked-vs-produced", "With its inputs on a GPU")
def matrix_on_the_cpu(judge, images, labels, num_classes):
    counts = torch.zeros(num_classes, num_classes)
    for asked, seen in zip(labels, seen_by(judge, images), strict=True):
        counts[asked, seen] += 1
    return _shares(counts)


@wrong("asked-vs-produced", "machine that has a GPU")
def whichever_device_there_is(judge, images, labels, num_classes):
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return by_bincount(judge, images, labels, num_classes).to(device)


@wrong("asked-vs-produced", "changes a tensor")
def labels_become_pairs(judge, images, labels, num_classes):
    labels.mul_(num_classes).add_(seen_by(judge, images))
    counts = torch.bincount(labels, minlength=num_classes**2).view(num_classes, num_classes)
    return _shares(counts.float())


@wrong("asked-vs-produced", "look for squeeze()")
def squeezed(judge, images, labels, num_classes):
    with drawing(judge):
        seen = judge(images).squeeze().argmax(dim=1)
    return _shares(_count(seen, labels, num_classes))

"""Answers to exercise class-weights/weights."""

import torch
import torch.nn.functional as F

from banks import right, wrong

# right


@right("class-weights/weights")
def bincount_and_where(labels, num_classes):
    counts = torch.bincount(labels, minlength=num_classes)
    weights = len(labels) / (num_classes * counts.clamp(min=1))
    return torch.where(counts > 0, weights, torch.zeros_like(weights)).float()


@right("class-weights/weights")
def masked_assignment(labels, num_classes):
    counts = torch.zeros(num_classes, device=labels.device)
    counts.index_add_(0, labels, torch.ones(len(labels), device=labels.device))
    weights = torch.zeros(num_classes, device=labels.device)
    seen = counts > 0
    weights[seen] = labels.numel() / (num_classes * counts[seen])
    return weights


@right("class-weights/weights")
def python_counts(labels, num_classes):
    values = labels.tolist()
    weights = [
        len(values) / (num_classes * values.count(c)) if c in values else 0.0
        for c in range(num_classes)
    ]
    return torch.tensor(weights, device=labels.device)


@right("class-weights/weights")
def nan_to_num(labels, num_classes):
    counts = F.one_hot(labels, num_classes).sum(0).float()
    frequency = counts / counts.sum()
    return torch.nan_to_num(1 / (num_classes * frequency), posinf=0.0)


@right("class-weights/weights")
def zero_power(labels, num_classes):
    counts = (labels[:, None] == torch.arange(num_classes).to(labels)).sum(0)
    return (counts > 0) * labels.shape[0] / (num_classes * torch.maximum(counts, counts * 0 + 1))


def right_weights(labels, num_classes):
    return bincount_and_where(labels, num_classes)


# wrong


@wrong("class-weights/weights", "not attempted")
def weights_stub(labels, num_classes):
    raise NotImplementedError


@wrong("class-weights/weights", "factor 1/C is missing")
def without_num_classes(labels, num_classes):
    return right_weights(labels, num_classes) * num_classes


@wrong("class-weights/weights", "These are frequencies")
def frequencies(labels, num_classes):
    return torch.bincount(labels, minlength=num_classes) / len(labels)


@wrong("class-weights/weights", "factor N / C is missing")
def one_over_count(labels, num_classes):
    counts = torch.bincount(labels, minlength=num_classes).float()
    return torch.where(counts > 0, 1 / counts, 0.0)


@wrong("class-weights/weights", "sum to 1")
def normalized(labels, num_classes):
    weights = right_weights(labels, num_classes)
    return weights / weights.sum()


@wrong("class-weights/weights", "These are counts")
def counts(labels, num_classes):
    return torch.bincount(labels, minlength=num_classes).float()


@wrong("class-weights/weights", "inf or nan")
def division_by_zero(labels, num_classes):
    return len(labels) / (num_classes * torch.bincount(labels, minlength=num_classes).float())


@wrong("class-weights/weights", "a weight other than 0")
def counts_clamped(labels, num_classes):
    counts = torch.bincount(labels, minlength=num_classes).clamp(min=1)
    return len(labels) / (num_classes * counts.float())


@wrong("class-weights/weights", "minlength=num_classes")
def no_minlength(labels, num_classes):
    counts = torch.bincount(labels).float()
    return torch.where(counts > 0, len(labels) / (num_classes * counts), 0.0)


@wrong("class-weights/weights", "One weight per label")
def one_per_label(labels, num_classes):
    return right_weights(labels, num_classes)[labels]


@wrong("class-weights/weights", "not the number of classes that occur")
def present_classes(labels, num_classes):
    counts = torch.bincount(labels, minlength=num_classes).float()
    present = int((counts > 0).sum())
    return torch.where(counts > 0, len(labels) / (present * counts), 0.0)


@wrong("class-weights/weights", "not float32")
def double_precision(labels, num_classes):
    return right_weights(labels, num_classes).double()


@wrong("class-weights/weights", "make new tensors on the device")
def python_list_to_tensor(labels, num_classes):
    return torch.tensor(right_weights(labels, num_classes).tolist())

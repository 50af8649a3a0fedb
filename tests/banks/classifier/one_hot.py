"""Answers to exercise one-hot."""

import torch
import torch.nn.functional as F
from torch import Tensor

from banks import right, wrong


def expect_in_range(labels: Tensor, num_classes: int) -> None:
    if labels.min() < 0 or labels.max() >= num_classes:
        raise ValueError(f"labels must lie in [0, {num_classes})")


# right


@right("one-hot")
def eye_rows(labels, num_classes):
    expect_in_range(labels, num_classes)
    return torch.eye(num_classes, device=labels.device)[labels]


@right("one-hot")
def library_function(labels, num_classes):
    if ((labels < 0) | (labels >= num_classes)).any():
        raise ValueError("a label is out of range")
    return F.one_hot(labels, num_classes).float()


@right("one-hot")
def comparison(labels, num_classes):
    expect_in_range(labels, num_classes)
    classes = torch.arange(num_classes, device=labels.device)
    return (labels.unsqueeze(1) == classes).to(torch.float32)


@right("one-hot")
def scatter(labels, num_classes):
    expect_in_range(labels, num_classes)
    codes = torch.zeros(len(labels), num_classes, device=labels.device)
    return codes.scatter_(1, labels[:, None], 1.0)


@right("one-hot")
def loop(labels, num_classes):
    codes = torch.zeros(labels.shape[0], num_classes).to(labels.device)
    for row, label in enumerate(labels.tolist()):
        if not 0 <= label < num_classes:
            raise ValueError(f"label {label} is not in [0, {num_classes})")
        codes[row, label] = 1
    return codes


@right("one-hot")
def vectorized_map(labels, num_classes):
    expect_in_range(labels, num_classes)
    classes = torch.arange(num_classes, device=labels.device)
    return torch.vmap(lambda label: (classes == label).float())(labels)


# wrong


@wrong("one-hot", "not attempted")
def stub(labels, num_classes):
    raise NotImplementedError("Write one_hot.")


@wrong("one-hot", "forget a return")
def no_return(labels, num_classes):
    torch.eye(num_classes)[labels]


@wrong("one-hot", "not float32")
def integers(labels, num_classes):
    expect_in_range(labels, num_classes)
    return F.one_hot(labels, num_classes)


@wrong("one-hot", "Rows and columns are swapped")
def transposed(labels, num_classes):
    return right_codes(labels, num_classes).T


@wrong("one-hot", "follows the labels at hand")
def as_many_columns_as_labels(labels, num_classes):
    expect_in_range(labels, num_classes)
    return F.one_hot(labels).float()


@wrong("one-hot", "raise ValueError yourself")
def library_error(labels, num_classes):
    return F.one_hot(labels, num_classes).float()


@wrong("one-hot", "negative is accepted")
def negative_wraps_around(labels, num_classes):
    if labels.max() >= num_classes:
        raise ValueError("a label is too large")
    return torch.eye(num_classes, device=labels.device)[labels]


@wrong("one-hot", "too large is accepted")
def unknown_labels_give_zeros(labels, num_classes):
    return (labels[:, None] == torch.arange(num_classes, device=labels.device)).float()


@wrong("one-hot", "make new tensors on the device")
def made_on_the_cpu(labels, num_classes):
    expect_in_range(labels, num_classes)
    codes = torch.zeros(len(labels), num_classes)
    codes[torch.arange(len(labels)), labels.cpu()] = 1
    return codes


@wrong("one-hot", "name no device")
def a_gpu_if_there_is_one(labels, num_classes):
    device = "cuda" if torch.cuda.is_available() else "cpu"
    labels = labels.to(device)
    expect_in_range(labels, num_classes)
    return torch.eye(num_classes, device=device)[labels]


@wrong("one-hot", "The entry is the label itself")
def label_as_value(labels, num_classes):
    return right_codes(labels, num_classes) * labels[:, None]


@wrong("one-hot", "ones of the whole batch")
def all_rows_at_once(labels, num_classes):
    expect_in_range(labels, num_classes)
    codes = torch.zeros(len(labels), num_classes, device=labels.device)
    codes[:, labels] = 1
    return codes


@wrong("one-hot", "code of the first label")
def first_label_for_all(labels, num_classes):
    return right_codes(labels[:1], num_classes).repeat(len(labels), 1)


@wrong("one-hot", "too far to the left")
def classes_from_one(labels, num_classes):
    return right_codes(labels, num_classes).roll(-1, 1)


@wrong("one-hot", "It prints")
def prints(labels, num_classes):
    print(labels)
    return right_codes(labels, num_classes)


@wrong("one-hot", "changes a tensor that was handed to it")
def clamps_in_place(labels, num_classes):
    codes = right_codes(labels, num_classes)
    labels.fill_(0)
    return codes


@wrong("one-hot", "is it misspelled")
def wrong_name(labels, num_classes):
    return torch.onehot(labels, num_classes)


def right_codes(labels, num_classes):
    return eye_rows(labels, num_classes)

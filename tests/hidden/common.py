"""What the hidden tests share: drawing sizes and labels, and the criterion of house rules."""

from collections.abc import Callable

import torch

from course_utils.evidence import Evidence
from course_utils.exercises.gradients import gradients
from course_utils.faults import close, expect, expect_shape

RULES = "a batch of one works, inputs stay as they are, no print"
SQUEEZED = "With one sample a dimension is gone: look for squeeze()."


def expect_single(single: torch.Tensor, expected: torch.Tensor, what: str = "It") -> None:
    """Raise a fault unless ``single``, the result for a batch of one, is ``expected``."""
    shape = tuple(expected.shape)
    squeezed = tuple(size for size in shape if size != 1)
    expect_shape(single, shape, {squeezed: SQUEEZED})
    wrong = (
        f"{what} is wrong for a batch of one. If it is right for more: which formula depends on "
        "the size of the batch, as N - 1 does?"
    )
    expect(close(single, expected), wrong, expected, single)


def integer(generator: torch.Generator, low: int, high: int) -> int:
    """A uniform integer, both ends included."""
    return int(torch.randint(low, high + 1, (), generator=generator))


def some_labels(generator: torch.Generator, count: int, num_classes: int) -> torch.Tensor:
    """Labels in random order in which every class occurs, and the first two differ."""
    labels = torch.randint(num_classes, (count,), generator=generator)
    labels[:num_classes] = torch.randperm(num_classes, generator=generator)
    return labels


def orders_of(labels: torch.Tensor) -> Evidence:
    """The ``labels``, and what mistakes about their order make of them."""
    return {
        "labels": labels,
        "labels sorted": labels.sort().values,
        "labels first": labels[:1].expand_as(labels),
        "labels reversed": labels.flip(0),
    }


def orders_show(labels: torch.Tensor) -> bool:
    """Whether each of these mistakes changes the order."""
    orders = orders_of(labels)
    return mistakes_show(orders, *orders)


def other_class(labels: torch.Tensor) -> int:
    """The first class among the labels that is neither 0 nor that of the first label."""
    return next(label for label in labels.tolist() if label not in (0, int(labels[0])))


def exact_gradients(function: Callable, *inputs: torch.Tensor) -> torch.Tensor:
    """The gradients of ``function(*inputs).sum()`` in one row, computed with doubles."""
    return gradients(function, *(tensor.double() for tensor in inputs)).float()


def mistakes_show(key: Evidence, right: str, *wrong: str) -> bool:
    """Whether no value that a mistake gives is close to the right one by chance."""
    right_value = torch.as_tensor(key[right])
    return all(
        (torch.as_tensor(key[name]) - right_value).abs().max() > 0.02 * right_value.abs().max()
        for name in wrong
    )


def all_differ(key: Evidence, right: str, *wrong: str) -> bool:
    """Whether no mistake gives the right value, nor that of another mistake, by chance."""
    values = torch.stack([key[name] for name in (right, *wrong)])
    return mistakes_show(key, right, *wrong) and bool(values.sort().values.diff().min() > 0.005)

"""What the two networks of this notebook share.

base_channels sets how wide they are, and the label counts in train mode as well.
"""

from collections.abc import Callable

import torch
from torch import nn

from course_utils.evidence import Recorder
from course_utils.exercises.networks import VISIBLE
from course_utils.faults import close, expect
from course_utils.judging import Sheet


def run_widths(
    run: Recorder, build: Callable, base_channels: int, x: torch.Tensor, labels: torch.Tensor
) -> None:
    """Record the sizes of ``build(base_channels)`` and of a network that should be wider."""
    run("size", lambda: _size(build(base_channels), x, labels))
    run("larger size", lambda: _size(build(2 * base_channels), x, labels))


@torch.no_grad()
def _size(model: nn.Module, x: torch.Tensor, labels: torch.Tensor) -> int:
    """The number of parameters after a first call, since lazy layers are made in it."""
    model.eval()(x[:2].clone(), labels[:2].clone())
    return sum(parameter.numel() for parameter in model.parameters())


def expect_widths(sheet: Sheet) -> None:
    """Raise a fault unless twice the base_channels give a larger network."""
    unused = "base_channels is not used: twice as many give a network of the same size."
    expect(sheet.number_of("larger size") > sheet.number_of("size"), unused)


@torch.no_grad()
def in_train_mode(model: nn.Module, batches: list) -> torch.Tensor:
    """What ``model`` returns in train mode, each time from the same state and with equal noise."""
    state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    found = []
    for x, labels in batches:
        torch.manual_seed(0)
        found.append(model.train()(x.clone(), labels.clone()))
        model.load_state_dict(state)
    return torch.stack(found)


def expect_label_in_train_mode(first: torch.Tensor, second: torch.Tensor, what: str) -> None:
    """Raise a fault unless two calls that differ in a label alone gave different results."""
    only = f"In train mode the label does not reach the {what}: it counts in both modes."
    expect(not close(first, second, VISIBLE), only)

"""What answers about drawing with a model share: how to treat it with care, and how without."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import nn

from banks import wrong


@contextmanager
def drawing(model: nn.Module) -> Iterator[None]:
    """The model in eval mode, without gradients; its old mode afterwards."""
    training = model.training
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        model.train(training)


def register_careless(slug: str, bare: Callable, called: str = "generator") -> None:
    """Wrong answers to exercise ``slug`` that treat the model, as it is ``called``, badly.

    ``bare(model, ...)`` gives the right images, without care for mode and gradients.
    """

    @wrong(slug, "carry a graph for gradients")
    def with_gradients(model, *args):
        with drawing(model), torch.enable_grad():
            return bare(model, *args)

    @wrong(slug, "in training mode inside")
    @torch.no_grad()
    def without_eval(model, *args):
        return bare(model, *args)

    @wrong(slug, f"the {called} is not as it came")
    @torch.no_grad()
    def left_in_eval(model, *args):
        return bare(model.eval(), *args)

    @wrong(slug, f"the {called} is not as it came")
    def always_back_to_training(model, *args):
        with drawing(model):
            images = bare(model, *args)
        model.train()
        return images

    @wrong(slug, f"the {called} is not as it came")
    def left_frozen(model, *args):
        model.requires_grad_(False)
        with drawing(model):
            return bare(model, *args)

    @wrong(slug, "use try ... finally")
    @torch.no_grad()
    def not_restored_after_an_error(model, *args):
        training = model.training
        images = bare(model.eval(), *args)
        model.train(training)
        return images

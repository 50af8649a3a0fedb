"""What answers about a judge share: how to ask it, and how to treat it badly."""

import torch

from banks import wrong
from banks.drawing import drawing


def seen_by(judge, images):
    """The class that the judge sees in each image."""
    with drawing(judge):
        return judge(images).argmax(dim=1)


def register_careless(slug, measure):
    """Wrong answers to exercise ``slug`` that treat the judge badly.

    ``measure(seen, labels, ...)`` gives the right result from the classes that the judge sees.
    """

    @torch.no_grad()
    def bare(judge, images, *args):
        return measure(judge(images).argmax(dim=1), *args)

    @wrong(slug, "in training mode inside: call judge.eval()")
    def without_eval(judge, images, *args):
        return bare(judge, images, *args)

    @wrong(slug, "where it sees badly")
    def asked_in_training_mode(judge, images, *args):
        training = judge.training
        try:
            return bare(judge.train(), images, *args)
        finally:
            judge.train(training)

    @wrong(slug, "the judge is not as it came")
    def left_in_eval(judge, images, *args):
        return bare(judge.eval(), images, *args)

    @wrong(slug, "the judge is not as it came")
    def always_back_to_training(judge, images, *args):
        result = bare(judge.eval(), images, *args)
        judge.train()
        return result

    @wrong(slug, "the judge is not as it came")
    def frozen_for_good(judge, images, *args):
        return measure(seen_by(judge.requires_grad_(False), images), *args)

    _register_broken_off(slug, measure)


def _register_broken_off(slug, measure):
    """Those that leave something behind after an error."""

    @wrong(slug, "use try ... finally")
    def not_restored_after_an_error(judge, images, *args):
        training = judge.training
        with torch.no_grad():
            result = measure(judge.eval()(images).argmax(dim=1), *args)
        judge.train(training)
        return result

    @wrong(slug, "use try ... finally")
    def not_restored_after_labels_that_do_not_fit(judge, images, *args):
        training = judge.training
        try:
            seen = judge.eval()(images).argmax(dim=1)
        except RuntimeError:
            judge.train(training)
            raise
        result = measure(seen, *args)
        judge.train(training)
        return result

    @wrong(slug, "Gradients are switched off")
    def gradients_off_for_good(judge, images, *args):
        torch.set_grad_enabled(False)
        return measure(seen_by(judge, images), *args)

    @wrong(slug, "error is swallowed")
    def errors_swallowed(judge, images, *args):
        try:
            return measure(seen_by(judge, images), *args)
        except Exception:
            return None

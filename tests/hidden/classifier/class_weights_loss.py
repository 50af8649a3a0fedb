"""Hidden test of exercise class-weights/loss: cases, keys and the hidden criterion."""

import torch
import torch.nn.functional as F

from course_utils.evidence import Evidence
from course_utils.exercises.classifier.class_weights_loss import MISTAKES
from course_utils.faults import expect_close
from course_utils.judging import Sheet
from hidden.common import RULES, integer, mistakes_show, other_class, some_labels


def draw(generator: torch.Generator) -> Evidence:
    case = _some_logits(generator)
    while not mistakes_show(solve(case), "loss", *MISTAKES.values()):
        case = _some_logits(generator)
    return case


def _some_logits(generator: torch.Generator) -> Evidence:
    batch, num_classes = 7, integer(generator, 3, 4)
    logits = 2 * torch.randn(batch, num_classes, generator=generator)
    targets = some_labels(generator, batch, num_classes)
    weights = 0.2 + 3 * torch.rand(num_classes, generator=generator)
    logits[0, targets[0]] -= 6  # one sample is far off,
    weights[other_class(targets)] = 0  # and one class does not count
    return {
        "seed": integer(generator, 0, 10**6),
        "logits": logits,
        "targets": targets,
        "weights": weights,
    }


def solve(case: Evidence) -> Evidence:
    logits, targets, weights = case["logits"], case["targets"], case["weights"]
    leaf = logits.clone().requires_grad_()
    loss = F.cross_entropy(leaf, targets, weights)
    (gradient,) = torch.autograd.grad(loss, leaf)
    nll = F.cross_entropy(logits, targets, reduction="none")
    w = weights[targets]
    wrong = weights[logits.argmax(1)]
    return {
        "loss": loss.detach(),
        "gradient": gradient,
        "/ B": (w * nll).mean(),
        "sum": (w * nll).sum(),
        "plain": nll.mean(),
        "negative": -loss.detach(),
        "/ all": (w * nll).sum() / weights.sum(),
        "wrong index": (wrong * nll).sum() / wrong.sum(),
        "twice": F.cross_entropy(logits.softmax(1), targets, weights),
        "single": nll[:1],
    }


def extra(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    with sheet.criterion(RULES, points=1):
        message = "With one sample the weight cancels: the loss is that sample's nll."
        expect_close(sheet.tensor("single").reshape(-1), key["single"], {}, message)
        sheet.tidy()

"""Answers to exercise class-weights/loss."""

import torch
import torch.nn.functional as F

from banks import right, wrong

# right


@right("class-weights/loss")
def library_loss(logits, targets, weights):
    return F.cross_entropy(logits, targets, weight=weights)


@right("class-weights/loss")
def gathered(logits, targets, weights):
    nll = -logits.log_softmax(1).gather(1, targets[:, None]).squeeze(1)
    w = weights[targets]
    return (w * nll).sum() / w.sum()


@right("class-weights/loss")
def one_hot_product(logits, targets, weights):
    codes = F.one_hot(targets, logits.shape[1]) * weights
    return -(codes * F.log_softmax(logits, dim=-1)).sum() / codes.sum()


@right("class-weights/loss")
def log_sum_exp(logits, targets, weights):
    rows = torch.arange(len(targets), device=logits.device)
    nll = logits.logsumexp(1) - logits[rows, targets]
    w = weights.index_select(0, targets)
    return torch.dot(w, nll) / torch.sum(w)


@right("class-weights/loss")
def reduction_none(logits, targets, weights):
    each = F.cross_entropy(logits, targets, weights, reduction="none")
    return each.sum() / weights[targets].sum()


# wrong


@wrong("class-weights/loss", "not attempted")
def loss_stub(logits, targets, weights):
    raise NotImplementedError


@wrong("class-weights/loss", "Divided by the number of samples")
def mean_of_weighted(logits, targets, weights):
    return F.cross_entropy(logits, targets, weights, reduction="none").mean()


@wrong("class-weights/loss", "Not divided by the sum")
def sum_only(logits, targets, weights):
    return F.cross_entropy(logits, targets, weights, reduction="sum")


@wrong("class-weights/loss", "The weights are not used")
def unweighted(logits, targets, weights):
    return F.cross_entropy(logits, targets)


@wrong("class-weights/loss", "The sign is wrong")
def negative(logits, targets, weights):
    return -F.cross_entropy(logits, targets, weights)


@wrong("class-weights/loss", "Divided by the sum over classes")
def divided_by_all_weights(logits, targets, weights):
    return F.cross_entropy(logits, targets, weights, reduction="sum") / weights.sum()


@wrong("class-weights/loss", "wrong index")
def weights_of_predictions(logits, targets, weights):
    w = weights[logits.argmax(1)]
    return (w * F.cross_entropy(logits, targets, reduction="none")).sum() / w.sum()


@wrong("class-weights/loss", "softmax twice")
def softmax_before(logits, targets, weights):
    return F.cross_entropy(logits.softmax(1), targets, weights)


@wrong("class-weights/loss", "One value per sample")
def not_reduced(logits, targets, weights):
    return F.cross_entropy(logits, targets, weights, reduction="none")


@wrong("class-weights/loss", "It returned a float")
def python_float(logits, targets, weights):
    return F.cross_entropy(logits, targets, weights).item()


@wrong("class-weights/loss", "gradient")
def loss_detached(logits, targets, weights):
    return F.cross_entropy(logits.detach(), targets, weights)


@wrong("class-weights/loss", "forget a return")
def loss_not_returned(logits, targets, weights):
    F.cross_entropy(logits, targets, weights)


@wrong("class-weights/loss", "make new tensors on the device")
def counts_rows_on_the_cpu(logits, targets, weights):
    w = weights.cpu()[targets.cpu()]
    nll = F.cross_entropy(logits, targets, reduction="none")
    return (w * nll).sum() / w.sum()

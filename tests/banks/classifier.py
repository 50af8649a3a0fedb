"""Answers to the exercises of notebook 01, part one: the functions."""

import torch
import torch.nn.functional as F
from torch import Tensor

from banks import right, wrong


def expect_in_range(labels: Tensor, num_classes: int) -> None:
    if labels.min() < 0 or labels.max() >= num_classes:
        raise ValueError(f"labels must lie in [0, {num_classes})")


# one-hot: right


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


# one-hot: wrong


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


@wrong("one-hot", "Your code raised")
def wrong_name(labels, num_classes):
    return torch.onehot(labels, num_classes)


def right_codes(labels, num_classes):
    return eye_rows(labels, num_classes)


# inject-label: right


@right("inject-label")
def if_chain(h, e, how):
    if how == "concat":
        return torch.cat([h, e], dim=1)
    if how == "add":
        return h + e
    if how == "multiply":
        return h * e
    if how == "affine":
        scale, shift = e.chunk(2, dim=1)
        return (1 + scale) * h + shift
    raise ValueError(f"unknown way {how!r}")


@right("inject-label")
def match_statement(h, e, how):
    match how:
        case "concat":
            return torch.hstack((h, e))
        case "add":
            return torch.add(h, e)
        case "multiply":
            return torch.mul(e, h)
        case "affine":
            scale, shift = torch.split(e, h.shape[1], dim=1)
            return h + scale * h + shift
        case _:
            raise ValueError(f"how must be one of four words, not {how!r}")


@right("inject-label")
def table_of_functions(h, e, how):
    size = h.size(1)
    ways = {
        "concat": lambda: torch.concat((h, e), -1),
        "add": lambda: e + h,
        "multiply": lambda: h * e,
        "affine": lambda: torch.addcmul(e[:, size:], h, e[:, :size] + 1),
    }
    if how not in ways:
        raise ValueError("how is unknown")
    return ways[how]()


@right("inject-label")
def in_place_on_a_copy(h, e, how):
    if how not in ("concat", "add", "multiply", "affine"):
        raise ValueError("unknown how: " + str(how))
    if how == "concat":
        return torch.cat((h, e), axis=1)
    out = h.clone()
    if how == "add":
        out += e
    elif how == "multiply":
        out *= e
    else:
        out = out.mul_(1 + e[:, : h.shape[-1]]).add_(e[:, h.shape[-1] :])
    return out


# inject-label: wrong. Each takes the right answer and gets one way wrong.


@wrong("inject-label", "not attempted")
def inject_stub(h, e, how):
    raise NotImplementedError


@wrong("inject-label", "join the features, dim=1")
def concat_along_the_batch(h, e, how):
    if how == "concat":
        return torch.cat([h, e[:, : h.shape[1]]], dim=0)
    return if_chain(h, e, how)


@wrong("inject-label", "e comes first")
def label_first(h, e, how):
    return torch.cat([e, h], dim=1) if how == "concat" else if_chain(h, e, how)


@wrong("inject-label", "The 1 is missing")
def affine_without_one(h, e, how):
    if how != "affine":
        return if_chain(h, e, how)
    scale, shift = e.chunk(2, 1)
    return scale * h + shift


@wrong("inject-label", "Scale and shift are swapped")
def shift_before_scale(h, e, how):
    if how != "affine":
        return if_chain(h, e, how)
    shift, scale = e.chunk(2, 1)
    return (1 + scale) * h + shift


@wrong("inject-label", "alternate columns")
def interleaved(h, e, how):
    if how != "affine":
        return if_chain(h, e, how)
    return (1 + e[:, ::2]) * h + e[:, 1::2]


@wrong("inject-label", "shift was scaled too")
def shift_inside(h, e, how):
    if how != "affine":
        return if_chain(h, e, how)
    scale, shift = e.chunk(2, 1)
    return (1 + scale) * (h + shift)


@wrong("inject-label", "the two are swapped")
def add_and_multiply_swapped(h, e, how):
    return if_chain(h, e, {"add": "multiply", "multiply": "add"}.get(how, how))


@wrong("inject-label", "(1 + e) * h")
def multiply_with_one(h, e, how):
    return (1 + e) * h if how == "multiply" else if_chain(h, e, how)


@wrong("inject-label", "is accepted: only the four words")
def unknown_is_none(h, e, how):
    return if_chain(h, e, how) if how in ("concat", "add", "multiply", "affine") else None


@wrong("inject-label", "raises KeyError")
def unknown_is_key_error(h, e, how):
    return {"concat": if_chain, "add": if_chain, "multiply": if_chain, "affine": if_chain}[how](
        h, e, how
    )


@wrong("inject-label", "no gradient reaches e")
def detached(h, e, how):
    return if_chain(h, e.detach() if how != "affine" else e, how) + 0 * e.sum()


@wrong("inject-label", "changes a tensor")
def in_place(h, e, how):
    if how == "add":
        with torch.no_grad():
            h += e
        return h
    return if_chain(h, e, how)


@wrong("inject-label", "With its inputs on a GPU")
def affine_on_the_cpu(h, e, how):
    if how != "affine":
        return if_chain(h, e, how)
    return (torch.ones(h.shape) + e[:, : h.shape[1]]) * h + e[:, h.shape[1] :]


# class-weights/weights


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


# class-weights/loss


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

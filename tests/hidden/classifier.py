"""Hidden tests of notebook 01, the conditional classifier: cases, keys and hidden criteria."""

from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F

from course_utils.evidence import Evidence
from course_utils.judging import Sheet, close, expect, expect_close, expect_shape

RULES = "a batch of one works, inputs stay as they are, no print"


def expect_single(single: torch.Tensor, expected: torch.Tensor, what: str = "It") -> None:
    """Raise a fault unless ``single``, the result for a batch of one, is ``expected``."""
    shape = tuple(expected.shape)
    squeezed = tuple(size for size in shape if size != 1)
    expect_shape(
        single, shape, {squeezed: "With one sample a dimension is gone: look for squeeze()."}
    )
    expect(close(single, expected), f"{what} is wrong for a batch of one.", expected, single)


def integer(generator: torch.Generator, low: int, high: int) -> int:
    """A uniform integer, both ends included."""
    return int(torch.randint(low, high + 1, (), generator=generator))


def some_labels(generator: torch.Generator, count: int, num_classes: int) -> torch.Tensor:
    """Labels in random order in which every class occurs, and the first two differ."""
    labels = torch.randint(num_classes, (count,), generator=generator)
    labels[:num_classes] = torch.randperm(num_classes, generator=generator)
    return labels


def other_class(labels: torch.Tensor) -> int:
    """The first class among the labels that is neither 0 nor that of the first label."""
    return next(label for label in labels.tolist() if label not in (0, int(labels[0])))


def mistakes_show(key: Evidence, right: str, *wrong: str) -> bool:
    """Whether no value that a mistake gives is close to the right one by chance."""
    right_value = torch.as_tensor(key[right])
    return all(
        (torch.as_tensor(key[name]) - right_value).abs().max() > 0.02 * right_value.abs().max()
        for name in wrong
    )


# one-hot


def draw_one_hot(generator: torch.Generator) -> Evidence:
    num_classes = integer(generator, 4, 6)
    labels = torch.randperm(num_classes - 1, generator=generator)  # the last class is absent
    return {
        "seed": integer(generator, 0, 10**6),
        "labels": torch.cat([labels, labels[1:3]]),
        "num_classes": num_classes,
    }


def solve_one_hot(case: Evidence) -> Evidence:
    labels, num_classes = case["labels"], case["num_classes"]
    codes = F.one_hot(labels, num_classes).float()
    columns = torch.zeros_like(codes)
    columns[:, labels] = 1
    return {
        "codes": codes,
        "zeros": torch.zeros_like(codes),
        "first": codes[:1].repeat(len(labels), 1),
        "label": codes * labels[:, None],
        "left": codes.roll(-1, dims=1),
        "columns": columns,
    }


def extra_one_hot(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    with sheet.criterion(RULES, points=1):
        expect_single(sheet.tensor("single").float(), key["codes"][-1:])
        sheet.tidy()


# conditional-classifier


def draw_conditional_classifier(generator: torch.Generator) -> Evidence:
    # All sizes differ, so that mixed-up arguments show.
    num_conditions, input_dim = 5, integer(generator, 9, 12)
    condition = some_labels(generator, 24, num_conditions)
    return {
        "seed": integer(generator, 0, 10**6),
        "x": 3 * torch.randn(24, input_dim, generator=generator),
        "condition": condition,
        "input_dim": input_dim,
        "num_conditions": num_conditions,
        "num_classes": integer(generator, 3, 4),
        "embedding_dim": integer(generator, 6, 8),
        "hidden_dim": integer(generator, 16, 20),
    }


def solve_conditional_classifier(case: Evidence) -> Evidence:
    return {}  # the contract leaves the weights open: the judge compares answers with each other


def extra_conditional_classifier(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    with sheet.criterion(RULES, points=1):
        # In eval mode a sample alone gives what it gives in a batch.
        expect_single(sheet.tensor("single"), sheet.tensor("logits")[:1])
        sheet.tidy()


# label-leakage


def draw_label_leakage(generator: torch.Generator) -> Evidence:
    rows, num_classes = 47, integer(generator, 4, 7)  # a prime: no batch size divides it
    x = -torch.rand(rows, 5, generator=generator) - 1
    x[:, 0] = torch.arange(rows)
    return {
        "seed": integer(generator, 0, 10**6),
        "x": x,
        "condition": some_labels(generator, rows, num_classes),
        "targets": some_labels(generator, rows, num_classes),
        "num_classes": num_classes,
    }


def solve_label_leakage(case: Evidence) -> Evidence:
    return {}  # the permutation is the answer's own: the judge recomputes from what the model saw


def extra_label_leakage(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    with sheet.criterion(RULES, points=1):
        sheet.number("accuracy")
        expect(sheet.number("single") in (0.0, 1.0), "With one row the accuracy is 0 or 1.")
        sheet.tidy()


# inject-label


def draw_inject_label(generator: torch.Generator) -> Evidence:
    batch, features = integer(generator, 3, 4), integer(generator, 2, 3)

    def normal(width: int) -> torch.Tensor:
        return torch.randn(batch, width, generator=generator)

    return {
        "seed": integer(generator, 0, 10**6),
        "h": normal(features),
        "e": normal(features),
        "pairs": normal(2 * features),
        "narrow": normal(features + 2),
    }


def solve_inject_label(case: Evidence) -> Evidence:
    h, e, pairs, narrow = case["h"], case["e"], case["pairs"], case["narrow"]
    scale, shift = pairs.chunk(2, dim=1)
    ways = {
        "concat": lambda h, e: torch.cat([h, e], dim=1),
        "add": lambda h, e: h + e,
        "multiply": lambda h, e: h * e,
        "affine": lambda h, e: (1 + e[:, : h.shape[1]]) * h + e[:, h.shape[1] :],
    }
    codes = {"concat": narrow, "add": e, "multiply": e, "affine": pairs}
    key: Evidence = {how: way(h, codes[how]) for how, way in ways.items()}
    for how, way in ways.items():
        leaves = h.clone().requires_grad_(), codes[how].clone().requires_grad_()
        gradients = torch.autograd.grad(way(*leaves).square().sum(), leaves)
        key[f"{how} gradients"] = torch.cat(gradients, dim=1)
    return key | {
        "e first": torch.cat([narrow, h], dim=1),
        "plus one": (1 + e) * h,
        "no one": scale * h + shift,
        "swapped": (1 + shift) * h + scale,
        "alternate": (1 + pairs[:, ::2]) * h + pairs[:, 1::2],
        "shift scaled": (1 + scale) * (h + shift),
    }


def extra_inject_label(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    with sheet.criterion(RULES, points=1):
        for how in ("concat", "add", "multiply", "affine"):
            single = sheet.tensor(f"{how} single")
            whole = sheet.tensor(how)
            expect(close(whole, key[how]), f"The value of {how!r} is wrong: see above.")
            expect_single(single, key[how][:1], repr(how))
        sheet.tidy()


# class-weights


def draw_class_weights_weights(generator: torch.Generator) -> Evidence:
    num_classes = integer(generator, 4, 5)
    others = torch.randperm(5, generator=generator)[: num_classes - 3] + 2
    # One class is rare, one common, and the last one absent; the labels are not in order.
    counts = torch.cat([torch.tensor([1, 8]), others])
    counts = counts[torch.randperm(num_classes - 1, generator=generator)]
    labels = torch.repeat_interleave(torch.arange(num_classes - 1), counts)
    labels = labels[torch.randperm(len(labels), generator=generator)]
    return {
        "seed": integer(generator, 0, 10**6),
        "labels": labels.roll(1) if torch.equal(labels, labels.sort().values) else labels,
        "num_classes": num_classes,
    }


def _inverse_frequency(labels: torch.Tensor, num_classes: int) -> torch.Tensor:
    counts = torch.bincount(labels, minlength=num_classes).float()
    return torch.where(counts > 0, len(labels) / (num_classes * counts), 0.0)


def solve_class_weights_weights(case: Evidence) -> Evidence:
    labels, num_classes = case["labels"], case["num_classes"]
    counts = torch.bincount(labels, minlength=num_classes).float()
    weights = _inverse_frequency(labels, num_classes)
    present = int((counts > 0).sum())
    return {
        "weights": weights,
        "absent": _inverse_frequency(labels, num_classes + 2),
        "single": _inverse_frequency(labels[:1], num_classes),
        "no C": weights * num_classes,
        "no N": weights * num_classes / len(labels),
        "frequency": counts / len(labels),
        "normalized": weights / weights.sum(),
        "present C": weights * num_classes / present,
        "counts": counts,
    }


def extra_class_weights_weights(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    with sheet.criterion(RULES, points=1):
        expect_close(
            sheet.tensor("single").float(),
            key["single"],
            {},
            "With a single label its class gets N / (C n_c) = 1 / C, the others 0.",
        )
        sheet.tidy()


def draw_class_weights_loss(generator: torch.Generator) -> Evidence:
    case = _some_logits(generator)
    names = ("/ B", "sum", "plain", "/ all", "wrong index", "twice")
    while not mistakes_show(solve_class_weights_loss(case), "loss", *names):
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


def solve_class_weights_loss(case: Evidence) -> Evidence:
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


def extra_class_weights_loss(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    with sheet.criterion(RULES, points=1):
        message = "With one sample the weight cancels: the loss is that sample's nll."
        expect_close(sheet.tensor("single").reshape(-1), key["single"], {}, message)
        sheet.tidy()


# classifier-step


def draw_classifier_step(generator: torch.Generator) -> Evidence:
    case = _some_batch(generator)
    while not (
        mistakes_show(key := solve_classifier_step(case), "weighted", "loss", "/ B")
        and mistakes_show(key, "loss", "loss after", "loss sum", "loss softmax")
    ):
        case = _some_batch(generator)
    return case


def _some_batch(generator: torch.Generator) -> Evidence:
    batch, features, num_classes, num_conditions = 6, 3, 4, 3
    targets = some_labels(generator, batch, num_classes)
    weights = 0.2 + 3 * torch.rand(num_classes, generator=generator)
    weights[other_class(targets)] = 0  # one class does not count
    return {
        "seed": integer(generator, 0, 10**6),
        "x": torch.randn(batch, features, generator=generator),
        "condition": some_labels(generator, batch, num_conditions),
        "targets": targets,
        "weights": weights,
        "weight": torch.randn(features, num_classes, generator=generator),
        "table": torch.randn(num_conditions, num_classes, generator=generator),
        "lr": 0.5,
        "momentum": 0.9,
    }


def _descend(
    case: Evidence,
    steps: int,
    loss: Callable[..., torch.Tensor] = F.cross_entropy,
    rows: int | None = None,
    repeats: int = 1,
) -> tuple[list[float], torch.Tensor]:
    """Losses before each of some steps with momentum, and the parameters afterwards."""
    bias = torch.zeros(case["weight"].shape[1])
    leaves = [p.clone().requires_grad_() for p in (case["weight"], case["table"], bias)]
    optimizer = torch.optim.SGD(leaves, case["lr"], case["momentum"])
    losses = []
    for _ in range(steps):
        weight, table, bias = leaves
        logits = case["x"][:rows] @ weight + table[case["condition"][:rows]] + bias
        value = loss(logits, case["targets"][:rows])
        optimizer.zero_grad()
        value.backward()
        for _ in range(repeats):
            optimizer.step()
        losses.append(value.item())
    return losses, torch.cat([leaf.detach().flatten() for leaf in leaves])


def solve_classifier_step(case: Evidence) -> Evidence:
    (loss, loss_after), after_twice = _descend(case, 2)
    (loss_sum,), after_sum = _descend(case, 1, partial(F.cross_entropy, reduction="sum"))
    (weighted,), weighted_after = _descend(
        case, 1, partial(F.cross_entropy, weight=case["weights"])
    )
    (softmax,), _ = _descend(case, 1, lambda logits, y: F.cross_entropy(logits.softmax(1), y))
    (single,), single_after = _descend(case, 1, rows=1)
    w = case["weights"][case["targets"]]
    return {
        "loss": loss,
        "loss after": loss_after,
        "loss sum": loss_sum,
        "loss softmax": softmax,
        "before": _descend(case, 0)[1],
        "after": _descend(case, 1)[1],
        "after twice": after_twice,
        "after sum": after_sum,
        "step twice": _descend(case, 1, repeats=2)[1],
        "uphill": _descend(case, 1, lambda logits, y: -F.cross_entropy(logits, y))[1],
        "weighted": weighted,
        "weighted after": weighted_after,
        "/ B": weighted * w.mean().item(),
        "single": single,
        "single after": single_after,
    }


def extra_classifier_step(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    with sheet.criterion(RULES, points=1):
        sheet.number("loss")
        expect_close(sheet.number("single"), key["single"], {}, "Wrong for a batch of one.")
        message = "The step is wrong for a batch of one: look for squeeze()."
        expect_close(sheet.tensor("single after"), key["single after"], {}, message)
        sheet.tidy()

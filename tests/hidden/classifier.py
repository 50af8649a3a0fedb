"""Hidden tests of notebook 01, the conditional classifier: cases, keys and hidden criteria."""

import torch
import torch.nn.functional as F

from course_utils.evidence import Evidence
from course_utils.judging import Sheet, close, expect, expect_close, expect_shape


def integer(generator: torch.Generator, low: int, high: int) -> int:
    """A uniform integer, both ends included."""
    return int(torch.randint(low, high + 1, (), generator=generator))


def some_labels(generator: torch.Generator, count: int, num_classes: int) -> torch.Tensor:
    """Labels in random order in which every class occurs, and the first two differ."""
    labels = torch.randint(num_classes, (count,), generator=generator)
    labels[:num_classes] = torch.randperm(num_classes, generator=generator)
    return labels


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
    with sheet.criterion("a batch of one works, inputs stay as they are, no print", points=1):
        single = sheet.tensor("single")
        expect_shape(single, (1, case["num_classes"]))
        expect(torch.equal(single.float(), key["codes"][-1:]), "A batch of one is coded wrongly.")
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
    with sheet.criterion("a row alone gives what it gives in a batch, no print", points=1):
        single, logits = sheet.tensor("single"), sheet.tensor("logits")
        expect_shape(single, (1, case["num_classes"]))
        expect(
            close(single, logits[:1]),
            "In eval mode a sample alone gave other logits than the same sample in a batch.",
        )
        sheet.tidy()


# label-leakage


def draw_label_leakage(generator: torch.Generator) -> Evidence:
    rows, num_classes = 48, integer(generator, 4, 7)
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
    with sheet.criterion("inputs stay as they are, no print", points=1):
        sheet.number("accuracy")
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
    with sheet.criterion("a batch of one works, inputs stay as they are, no print", points=1):
        for how in ("concat", "add", "multiply", "affine"):
            single = sheet.tensor(f"{how} single")
            expect(close(single, key[how][:1]), f"{how!r} is wrong for a batch of one.")
        sheet.tidy()


# class-weights


def draw_class_weights_weights(generator: torch.Generator) -> Evidence:
    num_classes = integer(generator, 3, 5)
    counts = torch.randperm(8, generator=generator)[:num_classes] + 1
    counts[-1] = 0  # the last class is absent
    labels = torch.repeat_interleave(torch.arange(num_classes), counts)
    return {
        "seed": integer(generator, 0, 10**6),
        "labels": labels[torch.randperm(len(labels), generator=generator)],
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
    with sheet.criterion("a batch of one works, inputs stay as they are, no print", points=1):
        expect_close(
            sheet.tensor("single").float(),
            key["single"],
            {},
            "With a single label its class gets N / (C n_c) = 1 / C, the others 0.",
        )
        sheet.tidy()


def draw_class_weights_loss(generator: torch.Generator) -> Evidence:
    batch, num_classes = 7, integer(generator, 3, 4)
    return {
        "seed": integer(generator, 0, 10**6),
        "logits": 2 * torch.randn(batch, num_classes, generator=generator),
        "targets": some_labels(generator, batch, num_classes),
        "weights": 0.2 + 3 * torch.rand(num_classes, generator=generator),
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
        "/ all": (w * nll).sum() / weights.sum(),
        "wrong index": (wrong * nll).sum() / wrong.sum(),
        "twice": F.cross_entropy(logits.softmax(1), targets, weights),
        "single": nll[:1],
    }


def extra_class_weights_loss(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    with sheet.criterion("a batch of one works, inputs stay as they are, no print", points=1):
        message = "With one sample the weight cancels: the loss is that sample's nll."
        expect_close(sheet.tensor("single").reshape(-1), key["single"], {}, message)
        sheet.tidy()


# classifier-step


def draw_classifier_step(generator: torch.Generator) -> Evidence:
    batch, features, num_classes, num_conditions = 6, 3, 4, 3
    return {
        "seed": integer(generator, 0, 10**6),
        "x": torch.randn(batch, features, generator=generator),
        "condition": some_labels(generator, batch, num_conditions),
        "targets": some_labels(generator, batch, num_classes),
        "weights": 0.2 + 3 * torch.rand(num_classes, generator=generator),
        "weight": torch.randn(features, num_classes, generator=generator),
        "table": torch.randn(num_conditions, num_classes, generator=generator),
        "lr": 0.5,
    }


def _descend(
    case: Evidence,
    steps: int,
    weights: torch.Tensor | None = None,
    reduction: str = "mean",
    lr: float | None = None,
) -> tuple[list[float], torch.Tensor]:
    """Losses before each of some steps of gradient descent, and the parameters afterwards."""
    weight, table = case["weight"].clone(), case["table"].clone()
    losses = []
    for _ in range(steps):
        leaves = weight.requires_grad_(), table.requires_grad_()
        logits = case["x"] @ weight + table[case["condition"]]
        loss = F.cross_entropy(logits, case["targets"], weights, reduction=reduction)
        gradients = torch.autograd.grad(loss, leaves)
        rate = case["lr"] if lr is None else lr
        weight, table = ((p - rate * g).detach() for p, g in zip(leaves, gradients, strict=True))
        losses.append(loss.item())
    return losses, torch.cat([weight.detach().flatten(), table.detach().flatten()])


def solve_classifier_step(case: Evidence) -> Evidence:
    (loss, loss_after), after_twice = _descend(case, 2)
    (loss_sum,), after_sum = _descend(case, 1, reduction="sum")
    (weighted,), weighted_after = _descend(case, 1, case["weights"])
    w = case["weights"][case["targets"]]
    return {
        "loss": loss,
        "loss after": loss_after,
        "loss sum": loss_sum,
        "before": _descend(case, 0)[1],
        "after": _descend(case, 1)[1],
        "after twice": after_twice,
        "after sum": after_sum,
        "uphill": _descend(case, 1, lr=-case["lr"])[1],
        "weighted": weighted,
        "weighted after": weighted_after,
        "/ B": weighted * w.mean().item(),
    }


def extra_classifier_step(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    with sheet.criterion("inputs stay as they are, no print", points=1):
        sheet.number("loss")
        sheet.tidy()

"""Hidden test of exercise label-information: cases, keys and the hidden criterion."""

import torch
import torch.nn.functional as F

from course_utils.evidence import Evidence
from course_utils.exercises.vae.label_information import ABSENT_MISTAKES, MISTAKES
from course_utils.faults import expect_close
from course_utils.judging import Sheet
from hidden.common import RULES, integer

DATA_SETS = 4
CLOSEST = 0.02  # no sample is nearly as near to a second mean


def draw(generator: torch.Generator) -> Evidence:
    while True:
        case = _attempt(generator)
        key = solve(case)
        key.pop("absent")  # the same as "accuracy"
        if len({tuple(values.tolist()) for values in key.values()}) == len(key):
            return case


def _attempt(generator: torch.Generator) -> Evidence:
    parts = [_data_set(generator) for _ in range(DATA_SETS)]
    mu, labels = (torch.stack(tensors) for tensors in zip(*parts, strict=True))
    many = integer(generator, 12, 15)
    # Class 0 is there, so that a place among the classes that occur is a label now and then.
    names = torch.randperm(many - 4, generator=generator)[:2] + 2
    names = torch.cat([torch.tensor([0]), names.sort().values, torch.tensor([many - 2])])
    return {
        "seed": integer(generator, 0, 10**6),
        "mu": mu,
        "labels": labels,
        "num_classes": 4,
        "labels_with_gaps": names[labels],
        "many_classes": many,
    }


def _data_set(generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Overlapping groups around the origin, of different sizes and at different distances."""
    while True:
        counts = torch.tensor([4, 7, 9, 13])[torch.randperm(4, generator=generator)]
        labels = torch.repeat_interleave(torch.arange(4), counts)
        labels = labels[torch.randperm(len(labels), generator=generator)]
        directions = F.normalize(torch.randn(4, 3, generator=generator), dim=1)
        centers = directions * torch.tensor([0.5, 1.0, 2.0, 3.0])[:, None]
        mu = centers[labels] + torch.randn(len(labels), 3, generator=generator)
        nearest = _distances(mu, _means(mu, labels)).topk(2, largest=False).values
        values = _accuracies(mu, labels, labels)
        mistakes = (*MISTAKES.values(), *ABSENT_MISTAKES.values())
        if (nearest[:, 1] - nearest[:, 0]).min() > CLOSEST and all(
            abs(values[mistake] - values["accuracy"]) > 0.01
            for mistake in mistakes
            if mistake != "place"  # without gaps it is right
        ):
            return mu, labels


def _means(mu: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return torch.stack([mu[labels == c].mean(0) for c in range(4)])


def _distances(mu: torch.Tensor, means: torch.Tensor) -> torch.Tensor:
    return (mu[:, None] - means).norm(dim=2)


def _accuracies(mu: torch.Tensor, labels: torch.Tensor, gaps: torch.Tensor) -> dict[str, float]:
    """The accuracy on one data set, right and with known mistakes."""
    means = _means(mu, labels)
    distances, differences = _distances(mu, means), (mu[:, None] - means).abs()
    nearest = distances.argmin(1)
    right = (nearest == labels).float()
    own = distances.gather(1, labels[:, None])
    sizes = torch.bincount(labels)[labels][:, None]
    left_out = distances.scatter(1, labels[:, None], own * sizes / (sizes - 1))
    others = torch.cdist(mu, mu).fill_diagonal_(float("inf"))
    medians = torch.stack([mu[labels == c].median(0).values for c in range(4)])

    def share(chosen: torch.Tensor, wanted: torch.Tensor = labels) -> float:
        return (chosen == wanted).float().mean().item()

    return {
        "accuracy": share(nearest),
        "absent": share(nearest),  # other names for the same groups
        "error rate": 1 - share(nearest),
        "count": right.sum().item(),
        "percentage": 100 * share(nearest),
        "farthest": share(distances.argmax(1)),
        "dot": share((mu @ means.T).argmax(1)),
        "cosine": share((mu @ F.normalize(means, dim=1).T).argmax(1)),
        "absolute": share(differences.sum(2).argmin(1)),
        "max": share(differences.amax(2).argmin(1)),
        "balanced": sum(right[labels == c].mean().item() for c in range(4)) / 4,
        "sample": share(labels[others.argmin(1)]),
        "itself": 1.0,
        "left out": share(left_out.argmin(1)),
        "median": share(_distances(mu, medians).argmin(1)),
        "zero": (right * (own.squeeze(1) < mu.norm(dim=1))).mean().item(),
        "nan": 0.0,
        "place": share(nearest, gaps),
    }


def solve(case: Evidence) -> Evidence:
    parts = zip(case["mu"], case["labels"], case["labels_with_gaps"], strict=True)
    values = [_accuracies(*part) for part in parts]
    return {name: torch.tensor([value[name] for value in values]) for name in values[0]}


def extra(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    with sheet.criterion(RULES, points=1):
        expect_close(
            sheet.number("single"),
            1.0,
            {"The accuracy of one sample is nan.": float("nan")},
            "One sample is its own class's mean, and the other classes are absent: the accuracy "
            "is 1.",
        )
        sheet.tidy()

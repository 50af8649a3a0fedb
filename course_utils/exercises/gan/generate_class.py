"""Exercise generate-class: images of the classes that are asked for."""

from collections.abc import Callable

import torch

from course_utils.evidence import Evidence, Recorder
from course_utils.exercises.gan.drawing import (
    EITHER_MODE,
    UNKNOWN,
    draw,
    draw_on_devices,
    fail,
    gray,
    images_of,
    judge_treatment,
    read,
)
from course_utils.judging import Criterion, Sheet, expect, expect_close

HINTS = (
    "The check reads from each image which label and which z it was made from. Compare: is there "
    "one image for each label, in the order of the labels, and has each its own z?",
    "`torch.randn(len(labels), latent_dim, device=labels.device)` is one fresh z per label, where "
    "the labels are. For the mode: `generator.training` tells it, `generator.train(...)` sets it "
    "back, and `try ... finally` does so whatever happens.",
    "Remember `generator.training`; call `generator.eval()`; in a `try` under `torch.no_grad()` "
    "return `generator(z, labels)`; in `finally` call `generator.train(remembered)`.",
)

REPEATS = 48  # the labels of a case are drawn so often where the distribution of z is judged


def probe(answer: Callable, case: Evidence) -> Evidence:
    labels, latent_dim = case["labels"], case["latent_dim"]
    run = Recorder(case["seed"])
    draw(run, "images", answer, case, labels, latent_dim)
    draw(run, "again", answer, case, labels, latent_dim, training=True)
    draw(run, "many", answer, case, labels.repeat(REPEATS), latent_dim)
    draw(run, "single", answer, gray(case), labels[:1], latent_dim)
    fail(run, answer, case, labels, latent_dim)
    unknown = torch.full_like(labels, UNKNOWN)
    draw(run, "unknown label", answer, case, unknown, latent_dim, training=True)
    draw_on_devices(run, answer, case, labels, latent_dim)
    return run.evidence


def judge(case: Evidence, key: Evidence, evidence: Evidence) -> list[Criterion]:
    sheet = Sheet(evidence)
    with sheet.criterion("shape (B, *image_shape), one image for each label", points=1):
        for name in EITHER_MODE:
            _expect_images(case, sheet, name, len(case["labels"]))
    with sheet.criterion("each image is of its label, in the order of the labels", points=1):
        for name in EITHER_MODE:
            _, labels = seen(case, sheet, name, len(case["labels"]))
            expect_close(
                labels,
                key["labels"],
                {
                    "The labels were sorted: keep their order.": key["labels sorted"],
                    "Every image is of the first label.": key["labels first"],
                    "The order of the labels is reversed.": key["labels reversed"],
                },
                "The images are not of the labels that were asked for.",
            )
    with sheet.criterion("each image comes from a fresh z of its own", points=1):
        _expect_fresh(case, sheet)
    with sheet.criterion("z ~ N(0, I)", points=1):
        z, _ = seen(case, sheet, "many", REPEATS * len(case["labels"]))
        _expect_normal(z.double())
    judge_treatment(sheet, unknown=("unknown label",))
    sheet.gpu("images", advice="make z on the device of the labels (device=labels.device).")
    return sheet.criteria


def seen(case: Evidence, sheet: Sheet, name: str, count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The z and the labels behind the ``count`` images of the run ``name``."""
    return read(_expect_images(case, sheet, name, count), case["latent_dim"])


def _expect_images(case: Evidence, sheet: Sheet, name: str, count: int) -> torch.Tensor:
    mistakes = {
        (1,): "One image came back: make one for each entry of labels.",
        (len(case["labels"].unique()),): "One image per class came back: make one for each entry "
        "of labels.",
    }
    return images_of(case, sheet, name, (count,), mistakes)


def _expect_fresh(case: Evidence, sheet: Sheet) -> None:
    labels = case["labels"]
    (first, _), (again, _) = (seen(case, sheet, name, len(labels)) for name in EITHER_MODE)
    many, _ = seen(case, sheet, "many", REPEATS * len(labels))
    _expect_several(first)
    expect(
        _distinct(first) > len(labels.unique()),
        "Images of the same class come from the same z: draw one row of z for each label.",
    )
    expect(
        not (first == again).all(dim=1).any(),
        "Two calls drew the same z: draw it afresh in each call, and set no seed.",
    )
    everything = torch.cat([first, again, many])
    expect(
        _distinct(everything) == len(everything),
        "Some images share their z: draw one row of z for each label, in each call.",
    )
    expect(
        _distinct(everything.abs()) == len(everything),
        "Some z are others with the sign turned: draw each one afresh.",
    )


def _expect_several(z: torch.Tensor) -> None:
    expect(
        _distinct(z) > 1,
        "All images come from the same z: draw one row of z for each label.",
    )


def _distinct(z: torch.Tensor) -> int:
    return len(z.unique(dim=0))


def _expect_normal(z: torch.Tensor) -> None:
    # At least 8,640 numbers in 480 rows. Each bound fails for N(0, I) in less than 1 of 10^7 cases.
    expect(
        bool((z < 0).any()),
        "z is never negative: torch.rand is uniform on [0, 1), torch.randn is N(0, 1).",
    )
    _expect_several(z)
    between = torch.corrcoef(z.T) - torch.eye(z.shape[1])
    expect(
        between.abs().max() < 0.4,
        "The numbers in one z depend on each other: all Z of them are drawn on their own.",
    )
    expect(
        0.9 < z.square().mean() < 1.1,
        "The numbers in z are too large or too small: N(0, I) has standard deviation 1.",
        1.0,
        z.square().mean().sqrt().item(),
    )
    values = z.flatten().sort().values
    ranks = torch.linspace(0, 1, len(values), dtype=z.dtype)
    distance = (torch.special.ndtr(values) - ranks).abs().max()
    # Dvoretzky, Kiefer and Wolfowitz: P(distance > d) <= 2 exp(-2 n d^2).
    expect(
        distance < (9 / len(values)) ** 0.5,
        "z is not normally distributed: draw it with torch.randn.",
    )
    expect(
        values[0] < -2.7 and values[-1] > 2.7,
        "z has no large numbers: draw it from the whole of N(0, I), do not cut it off.",
    )
    expect(
        z.norm(dim=1).std() > 0.4,
        "All z have the same length: do not normalize them.",
    )

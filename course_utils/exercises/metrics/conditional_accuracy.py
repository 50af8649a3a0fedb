"""Exercise conditional-accuracy: how often the judge sees the class that was asked for."""

from collections.abc import Callable

import torch

from course_utils.evidence import Evidence, Recorder
from course_utils.exercises.drawing import FAILING, expect_gradients_on
from course_utils.exercises.metrics.judges import (
    EITHER_MODE,
    SpyJudge,
    as_images,
    ask,
    judge_device,
    judge_modes,
)
from course_utils.faults import expect, expect_close
from course_utils.judging import Criterion, Sheet

HINTS = (
    "Take three images by hand: they were made for the classes 2, 0 and 1, and the judge sees 2, "
    "1 and 1. The accuracy is 2/3. Which number do you get, and of which type?",
    "The judge gives logits (B, C), one row per image. The class that it sees is the place of the "
    "largest logit in the row, so argmax goes over dim 1. For the mode: `judge.training` tells "
    "it, `judge.train(...)` sets it back, and `try ... finally` does so whatever happens.",
    "Remember `judge.training`; call `judge.eval()`; in a `try` under `torch.no_grad()` take "
    "`seen = judge(images).argmax(dim=1)`; in `finally` call `judge.train(remembered)`. Then the "
    "mean of `seen == labels`, as a float, with `.item()`.",
)
ADVICE = {
    "where it takes (B, 1, 28, 28)": "Hand the images on as they are, without flatten or view.",
    "must match the size of tensor": "Compare one class per image with one label per image: "
    "argmax goes over dim=1, the classes.",
}

MISTAKES = {
    "This is a percentage: give a share between 0 and 1.": "percentage",
    "This is a count: divide by the number of images.": "count",
    "This is the error rate: count the images in which the judge sees what was asked "
    "for.": "error rate",
    "No image counts as a hit: is it a whole-number division (//), or argmax without "
    "dim=1?": "nothing",
    "This is the mean probability of the class asked for: an image counts as a hit (1) or not "
    "(0), by the largest logit.": "probability",
    "Each class counts the same here: each image counts once, whatever its class.": "balanced",
    "Each image is compared with all labels, as (B, 1) against (B,): leave keepdim and unsqueeze "
    "out.": "all pairs",
    "The smallest logit was taken: the judge sees the class with the largest.": "argmin",
    "The judge was in training mode inside, where it sees badly: call judge.eval() before you ask "
    "it.": "blind",
    "The images were rescaled to (images + 1) / 2: hand them on as they are.": "halved",
    "The images were rescaled to 2 * images - 1: hand them on as they are.": "doubled",
}

MANY = 277
"""How many images there are in the run "many": a prime, so that no batch size divides it."""


def repeated(count: int) -> torch.Tensor:
    """Which of the ``count`` images of a case are taken in the run "many", again and again."""
    return torch.arange(MANY) % count


def probe(answer: Callable, case: Evidence) -> Evidence:
    run = Recorder(case["seed"])
    ask(run, answer, case)
    many = repeated(len(case["labels"]))
    images, labels = as_images(case["pixels"][many]), case["labels"][many]
    run("many", answer, SpyJudge(case).eval(), images, labels)
    return run.evidence


def judge(case: Evidence, key: Evidence, evidence: Evidence) -> list[Criterion]:
    sheet = Sheet(evidence, ADVICE)
    with sheet.criterion("a Python float between 0 and 1", points=1):
        for name in (*EITHER_MODE, "single"):  # of a single image it might be a bool
            accuracy = sheet.number(name)
            expect(accuracy == accuracy, "The accuracy is nan.")
            expect(
                0 <= accuracy <= 1,
                "An accuracy lies in [0, 1]: is it a count, or a percentage?",
                "0 to 1",
                accuracy,
            )
    with sheet.criterion("how often the judge sees the class asked for", points=2):
        expect_close(
            torch.stack([accuracy_of(sheet, name) for name in ("result", "many")]),
            key["accuracy"],
            {message: key[mistake] for message, mistake in MISTAKES.items()},
            f"For {len(case['labels'])} and for {MANY} images, this is not how often the largest "
            "logit is that of the label. Each image counts once: with batches, add up the hits and "
            "divide at the end.",
        )
    with sheet.criterion("nothing is recorded for gradients", points=1):
        for name in EITHER_MODE:
            accuracy_of(sheet, name)
            expect(
                sheet.evidence.get(f"{name} mode") in ("eval", "training"),
                "The judge was never asked.",
            )
            expect(
                not sheet.evidence.get(f"{name} recorded", True),
                "The judge's steps were recorded for gradients: ask it under torch.no_grad().",
            )
        expect_gradients_on(sheet, *EITHER_MODE, *FAILING)
    judge_modes(sheet, lambda name: accuracy_of(sheet, name))
    judge_device(sheet, "stay where the judge, the images and the labels are.")
    return sheet.criteria


def accuracy_of(sheet: Sheet, name: str) -> torch.Tensor:
    """The number that the call ``name`` returned, whether as a Python number or as a tensor."""
    value = sheet.evidence.get(name)
    if not isinstance(value, torch.Tensor) or value.numel() != 1:
        value = sheet.number_of(name)
    return torch.as_tensor(value, dtype=torch.double).reshape(())

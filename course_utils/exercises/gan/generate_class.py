"""Exercise generate-class: images of the classes that are asked for."""

from collections.abc import Callable
from functools import partial

import torch

from course_utils.evidence import Evidence, Recorder
from course_utils.exercises.drawing import (
    EITHER_MODE,
    MANY,
    UNKNOWN,
    draw,
    draw_on_devices,
    fail,
    judge_images,
    judge_treatment,
)
from course_utils.exercises.gan.drawing import SpyGenerator, gray, images_of, read
from course_utils.judging import Criterion, Sheet

HINTS = (
    "The check reads from each image which label and which z it was made from. Compare: is there "
    "one image for each label, in the order of the labels, and has each its own z?",
    "`torch.randn(len(labels), latent_dim, device=labels.device)` is one fresh z per label, where "
    "the labels are. For the mode: `generator.training` tells it, `generator.train(...)` sets it "
    "back, and `try ... finally` does so whatever happens.",
    "Remember `generator.training`; call `generator.eval()`; in a `try` under `torch.no_grad()` "
    "return `generator(z, labels)`; in `finally` call `generator.train(remembered)`.",
)

ADVICE = {
    "where it takes (B, Z) and (B,)": "z has latent_dim columns and one row for each label.",
}
"""What errors mean here: part of their text -> a sentence."""

REPEATS = 48  # the labels of a case are drawn so often where the distribution of z is judged


def probe(answer: Callable, case: Evidence) -> Evidence:
    labels, latent_dim = case["labels"], case["latent_dim"]
    run = Recorder(case["seed"])
    spy = partial(SpyGenerator, case)
    draw(run, "images", answer, spy(), labels, latent_dim)
    draw(run, "again", answer, spy(), labels, latent_dim, training=True)
    draw(run, MANY, answer, spy(), labels.repeat(REPEATS), latent_dim)
    draw(run, "single", answer, SpyGenerator(gray(case)), labels[:1], latent_dim)
    fail(run, answer, spy, labels, latent_dim)
    unknown = torch.full_like(labels, UNKNOWN)
    draw(run, "unknown label", answer, spy(), unknown, latent_dim, training=True)
    draw_on_devices(run, answer, spy, labels, latent_dim)
    return run.evidence


def judge(case: Evidence, key: Evidence, evidence: Evidence) -> list[Criterion]:
    sheet = Sheet(evidence, ADVICE)
    with sheet.criterion("shape (B, *image_shape), one image for each label", points=1):
        for name in EITHER_MODE:
            _expect_images(case, sheet, name, len(case["labels"]))
    judge_images(key, sheet, partial(seen, case, sheet), REPEATS)
    judge_treatment(sheet, "generator", unknown=("unknown label",))
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

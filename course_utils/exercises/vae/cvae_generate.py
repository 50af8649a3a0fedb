"""Exercise cvae-generate: images of the classes that are asked for, decoded from noise."""

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
from course_utils.exercises.vae.drawing import SpyDecoder, read
from course_utils.exercises.vae.spy import PIXELS
from course_utils.faults import Fault, expect_shape
from course_utils.judging import Criterion, Sheet

HINTS = (
    "The check reads from each image which label and which z it was decoded from. Compare: is "
    "there one image for each label, in the order of the labels, and has each its own z?",
    "The encoder is not needed: `torch.randn(len(labels), model.latent_dim, device=labels.device)` "
    "takes the place of its z. The decoder wants one-hot labels as float. For the mode: "
    "`model.training` tells it, `model.train(...)` sets it back, and `try ... finally` does so "
    "whatever happens.",
    "Remember `model.training`; call `model.eval()`; in a `try` under `torch.no_grad()` return "
    "`model.decode(z, F.one_hot(labels, model.num_classes).float())`; in `finally` call "
    "`model.train(remembered)`.",
)

ADVICE = {
    "decode was given z of shape": "z has one row for each label, and model.latent_dim columns.",
    "same dtype": "The one-hot labels have another dtype than z: .float() makes float32 of them.",
    "encode was given": "The encoder needs images, and here are none: draw z and decode it.",
    "of shape (B, num_classes)": "F.one_hot(labels, model.num_classes) has that shape, also "
    "where the last class is not among the labels.",
}
"""What errors mean here: part of their text -> a sentence."""

REPEATS = 24  # the labels of a case are drawn so often where the distribution of z is judged


def probe(answer: Callable, case: Evidence) -> Evidence:
    labels = case["labels"]
    run = Recorder(case["seed"])
    spy = partial(SpyDecoder, case)
    draw(run, "images", answer, spy(), labels)
    draw(run, "again", answer, spy(), labels, training=True)
    asked = spy()
    draw(run, MANY, answer, asked, labels.repeat(REPEATS))
    run.evidence["encoded"] = len(asked.encoded)
    draw(run, "single", answer, spy(), labels[:1])
    fail(run, answer, spy, labels)
    draw(run, "unknown label", answer, spy(), torch.full_like(labels, UNKNOWN), training=True)
    draw_on_devices(run, answer, spy, labels)
    return run.evidence


def judge(case: Evidence, key: Evidence, evidence: Evidence) -> list[Criterion]:
    sheet = Sheet(evidence, ADVICE)
    with sheet.criterion("shape (B, 784), one image for each label", points=1):
        for name in EITHER_MODE:
            _expect_images(case, sheet, name, len(case["labels"]))
    judge_images(key, sheet, partial(seen, case, sheet), REPEATS)
    # Whether the unknown label raises depends on how the one-hot labels are made.
    unknown = ("unknown label",) if sheet.error("unknown label") else ()
    judge_treatment(sheet, "model", unknown)
    sheet.gpu(
        "images",
        advice="make z and the one-hot labels on the device of the labels (device=labels.device).",
    )
    return sheet.criteria


def seen(case: Evidence, sheet: Sheet, name: str, count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The z and the labels behind the ``count`` images of the run ``name``."""
    z, labels = read(_expect_images(case, sheet, name, count), case)
    if sheet.evidence.get("encoded") and name == MANY and z.mean() > 1:
        raise Fault("z comes from the encoder, which knows no image here: draw it, torch.randn.")
    return z, labels


def _expect_images(case: Evidence, sheet: Sheet, name: str, count: int) -> torch.Tensor:
    images = sheet.tensor(name)
    one_each = "make one for each entry of labels."
    mistakes = {
        (PIXELS,): "A dimension is gone: look for squeeze() and [0].",
        (1, PIXELS): f"One image came back: {one_each}",
        (case["num_classes"], PIXELS): f"One image per class came back: {one_each}",
        (count, 1, 28, 28): "The images are rows of 784 pixels here: return them as they come.",
        (count, 28, 28): "The images are rows of 784 pixels here: return them as they come.",
        (count, 1, PIXELS): "There is a dimension too many: join batches of one with torch.cat.",
    }
    expect_shape(images, (count, PIXELS), mistakes)
    return images

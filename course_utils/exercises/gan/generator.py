"""Exercise generator: from noise and a label to an image."""

import math

from torch import nn

from course_utils.evidence import Evidence, Recorder
from course_utils.exercises.networks import (
    GPU_ADVICE,
    OTHER_SHAPE,
    SHAPE,
    expect_own_label,
    expect_training,
    extremes,
    output,
    output_of_other_shape,
    run_copies,
    run_plainly,
    run_sweeps,
    run_training,
    sweep,
)
from course_utils.exercises.pixels import expect_images, expect_reach, expect_tanh_range
from course_utils.faults import expect_shape
from course_utils.judging import Criterion, Sheet

HINTS = (
    "Follow the shapes on paper: z is (B, latent_dim), the labels are (B,). Where do they meet, "
    "how wide is that, and how many numbers does one image have?",
    "Make everything in `__init__`, on `self`: a table for the labels (`nn.Embedding`), and layers "
    "that end with `math.prod(image_shape)` numbers. Which activation has the range [-1, 1]?",
    "`torch.cat([z, self.embedding(labels)], dim=1)` is `latent_dim + embedding_dim` wide. Send it "
    "through linear layers with ReLU between them and a tanh at the end, then `.view(-1, *shape)`, "
    "where `shape` is the `image_shape` that you kept on `self`.",
)

ADVICE = {
    "object is not iterable": "Is the order of the arguments latent_dim, num_classes, "
    "embedding_dim, image_shape?",
    "cannot be multiplied": "A layer was made for another width: behind torch.cat it is latent_dim "
    "+ embedding_dim. nn.Embedding takes (num_classes, embedding_dim).",
    f"shape '{list(SHAPE)}' is invalid": "Keep the batch and unpack the shape: "
    ".view(-1, *image_shape).",
    "must be tuple of ints": "Keep the batch and unpack the shape: .view(-1, *image_shape).",
    "same number of dimensions: got 2 and 1": "Labels are (B,): embed them first.",
}
"""What errors mean here: part of their text -> a sentence."""


def probe(answer: type[nn.Module], case: Evidence) -> Evidence:
    z, labels, num_classes = case["z"], case["labels"], case["num_classes"]
    sizes = case["latent_dim"], num_classes, case["embedding_dim"]
    run = Recorder(case["seed"])
    model = run("model", answer, *sizes, SHAPE)
    run_plainly(run, model, z, labels)
    if not isinstance(model, nn.Module):
        return run.evidence
    run("other", lambda: answer(*sizes, OTHER_SHAPE).eval()(z.clone(), labels.clone()))
    run_sweeps(run, model, z, labels, num_classes)
    run("extremes", lambda: extremes(model, z, labels))
    run_training(run, model, z, labels)
    run_copies(run, model, lambda: answer(*sizes, SHAPE), z, labels)
    return run.evidence


def judge(case: Evidence, key: Evidence, evidence: Evidence) -> list[Criterion]:
    sheet = Sheet(evidence, ADVICE | _advice_on_widths(case))
    batch = len(case["z"])
    flat = "The images are flat: give them image_shape with .view(-1, *image_shape)."
    fixed = "image_shape is not used: compute the sizes of your layers from it."
    with sheet.criterion("images of shape (B, *image_shape)", points=1):
        expect_images(sheet, batch, flat)
    with sheet.criterion(f"image_shape {OTHER_SHAPE} works too", points=1):
        mistakes = {(batch, *SHAPE): fixed, (batch, math.prod(OTHER_SHAPE)): flat}
        expect_shape(output_of_other_shape(sheet), (batch, *OTHER_SHAPE), mistakes)
    with sheet.criterion("pixels in [-1, 1], both ends in reach", points=2):
        expect_tanh_range(output(sheet, "extremes"))
    with sheet.criterion("every pixel depends on the sample's own z", points=2):
        by_z = sweep(sheet, "by input")
        expect_reach(by_z - by_z[:, :, :1], "z", "Is it used? Is it averaged over the batch?")
    with sheet.criterion("every pixel depends on the sample's own label", points=2):
        expect_own_label(sheet, "image")
        by_label = sweep(sheet, "by label")
        expect_reach(by_label - by_label[:, :, :1], "the label", "Is it used?")
    with sheet.criterion("every layer learns and is saved, gradients reach z", points=1):
        expect_training(sheet, "z")
    sheet.gpu("device", advice=GPU_ADVICE)
    return sheet.criteria


def _advice_on_widths(case: Evidence) -> dict[str, str]:
    """Advice where z and the embedding meet in a product or a sum."""
    z, embedding = case["latent_dim"], case["embedding_dim"]
    error = "tensor a ({}) must match the size of tensor b ({})"
    why = "z and the embedding have different widths: concatenate them."
    return {error.format(z, embedding): why, error.format(embedding, z): why}

"""Exercise discriminator: one logit, from an image and the label that it should fit."""

import torch
from torch import nn

from course_utils.evidence import Evidence, Recorder
from course_utils.exercises.networks import (
    GPU_ADVICE,
    OTHER_SHAPE,
    SHAPE,
    expect_own_label,
    expect_training,
    output,
    output_of_other_shape,
    run_copies,
    run_plainly,
    run_sweeps,
    run_training,
    sweep,
)
from course_utils.exercises.pixels import expect_images_used
from course_utils.faults import expect, expect_shape
from course_utils.judging import Criterion, Sheet

HINTS = (
    "Follow the shapes on paper: how many numbers has one image, how wide is the embedding of its "
    "label, and which layer takes both? What is the shape of one logit per sample?",
    "Make everything in `__init__`, on `self`: a table for the labels (`nn.Embedding`), and layers "
    "from `math.prod(image_shape) + embedding_dim` numbers to a single one. The loss applies the "
    "sigmoid, so you do not.",
    "`torch.cat([images.flatten(1), self.embedding(labels)], dim=1)` is what the first linear "
    "layer takes. Put `nn.LeakyReLU(0.2)` between the layers and nothing after the last one, "
    "`nn.Linear(width, 1)`.",
)

ADVICE = {
    "cannot be empty": "It has no parameters: register its layers on self. A plain list hides "
    "them: use nn.ModuleList or nn.Sequential.",
    "cannot be multiplied": "A layer was made for another width: flatten the images, .flatten(1), "
    "and add embedding_dim behind torch.cat.",
}
"""What errors mean here: part of their text -> a sentence."""


def probe(answer: type[nn.Module], case: Evidence) -> Evidence:
    labels, sizes = case["labels"], (case["num_classes"], case["embedding_dim"])
    run = Recorder(case["seed"])
    images = 2 * torch.rand(len(labels), *SHAPE) - 1
    others = 2 * torch.rand(len(labels), *OTHER_SHAPE) - 1
    model = run("model", answer, SHAPE, *sizes)
    run_plainly(run, model, images, labels)
    if not isinstance(model, nn.Module):
        return run.evidence
    run("other", lambda: answer(OTHER_SHAPE, *sizes).eval()(others.clone(), labels.clone()))
    run_sweeps(run, model, images, labels, case["num_classes"])
    run("steered", lambda: _steered(model, images, labels))
    run_training(run, model, images, labels)
    run_copies(run, model, lambda: answer(SHAPE, *sizes), images, labels)
    return run.evidence


def _steered(model: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Logits after a long step up, and down, along the gradient of one parameter at a time.

    Where the last layer is linear in its parameters, they get as large as one likes.
    """
    found = []
    parameters = [p for p in model.parameters() if p.requires_grad]
    for size in (1, 1024):
        total = model(size * images, labels.clone()).sum()
        gradients = torch.autograd.grad(total, parameters, materialize_grads=True)
        with torch.no_grad():
            for p, gradient in zip(parameters, gradients, strict=True):
                old, largest = p.clone(), gradient.to_dense().abs().max()
                for step in (1000, -1000):
                    p.copy_(old + step * gradient.to_dense() / largest.clamp(min=1e-30))
                    found.append(model(size * images, labels.clone()))
                p.copy_(old)
    return torch.stack(found)


def judge(case: Evidence, key: Evidence, evidence: Evidence) -> list[Criterion]:
    sheet = Sheet(evidence, ADVICE)
    batch, num_classes = len(case["labels"]), case["num_classes"]
    mistakes = {
        (batch,): "One number per image is right, but as (B, 1): leave out squeeze, flatten(0).",
        (): "One number for the whole batch: each image gets a logit of its own.",
        (batch, 2): "Two logits per image: one is enough, large for real and small for fake.",
        (batch, num_classes): "One logit per class: real or fake is the question, the class is "
        "given.",
        (batch, 1, 1, 1): "Flatten the maps of the last convolution: .flatten(1).",
        (2 * batch, 1): "Twice as many logits as images: torch.cat goes along dim=1.",
    }
    with sheet.criterion("logits of shape (B, 1)", points=1):
        logits = output(sheet, "output")
        expect_shape(logits, (batch, 1), mistakes)
        expect(bool(logits.isfinite().all()), "Some logits are inf or nan.")
    with sheet.criterion(f"image_shape {OTHER_SHAPE} works too", points=1):
        expect_shape(output_of_other_shape(sheet), (batch, 1), mistakes)
    with sheet.criterion("raw logits of both signs, no sigmoid", points=2):
        _expect_raw(output(sheet, "steered"))
    with sheet.criterion("each logit depends on its own image", points=2):
        by_image = sweep(sheet, "by input")
        expect_images_used(by_image, output(sheet, "gradient"), "logit")
    with sheet.criterion("each logit depends on its own label", points=2):
        expect_own_label(sheet, "logit")
    with sheet.criterion("every layer learns and is saved, gradients reach the images", points=1):
        expect_training(sheet, "the images")
    sheet.gpu("device", advice=GPU_ADVICE)
    return sheet.criteria


def _expect_raw(steered: torch.Tensor) -> None:
    batches = steered.reshape(len(steered), -1)
    largest = batches.abs().amax(dim=1)
    means = (batches.mean(dim=1) / largest)[largest.isfinite() & (largest > 0)]
    expect(
        len(means) == 0 or bool(means.abs().median() > 0.001),
        "The logits of each batch have the mean 0, so no batch can be all real or all fake: do not "
        "normalize them over the batch.",
    )
    finite = steered[steered.isfinite()]
    lowest, highest = finite.min().item(), finite.max().item()
    seen = "logits of both signs, of any size", f"logits from {lowest:.3g} to {highest:.3g}"
    expect(
        lowest < 0 or highest == 0 or highest > 1,
        "These are probabilities: leave the sigmoid out, the loss applies it to raw logits.",
        *seen,
    )
    expect(
        lowest < -1 and highest > 1,
        "However the weights are changed, the logits do not leave [-1, 1] on both sides: leave the "
        "last activation (tanh, ReLU, logsigmoid) out.",
        *seen,
    )

"""Exercise projection-discriminator: the label enters as an inner product with the features."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from course_utils.evidence import Evidence, Recorder
from course_utils.exercises.cbn.models import (
    expect_label_in_train_mode,
    expect_widths,
    in_train_mode,
    run_widths,
)
from course_utils.exercises.gradients import gradients
from course_utils.exercises.networks import (
    GPU_ADVICE,
    OTHER_SHAPE,
    SHAPE,
    change_weights,
    expect_own_label,
    expect_repeatable,
    expect_training,
    output,
    output_of_other_shape,
    run_copies,
    run_plainly,
    run_sweeps,
    run_training,
    settle,
    sweep,
)
from course_utils.exercises.pixels import expect_images_used
from course_utils.faults import close, expect, expect_close, expect_shape
from course_utils.judging import Criterion, Sheet

HINTS = (
    "Write the shapes down: h = features(images) is (B, D), linear(h) is (B, 1). How wide must a "
    "row of the embedding be, so that it has an inner product with a row of h, and what is the "
    "shape of B such products?",
    "(B, 1) + (B,) is (B, B), without an error. A sum over dim 1 gives (B,), and "
    "`keepdim=True` gives (B, 1). `h @ e.T` is (B, B) as well: each image with all labels.",
    "In `features`: convolutions with stride 2 and `nn.LeakyReLU(0.2)`, then `.sum((2, 3))` over "
    "the maps, so that D is the number of channels. In `__init__` also `self.linear = "
    "nn.Linear(D, 1)` and `self.embedding = nn.Embedding(num_classes, D)`.",
    "`h = self.features(images)`, then `return self.linear(h) + (self.embedding(labels) * "
    "h).sum(1, keepdim=True)`.",
)

NAMES = "The names are given: a method features, and self.linear and self.embedding to call."
WIDTHS = (
    "h, self.linear and each row of self.embedding have the same width D, and linear(h) is (B, 1)."
)
ADVICE = {
    "'base_channels'": "Give base_channels=32 as a default.",
    "has no attribute 'features'": NAMES,
    "has no attribute 'linear'": NAMES,
    "has no attribute 'embedding'": NAMES,
    "object is not callable": NAMES,
    "cannot be multiplied": f"A linear layer was made for another width: {WIDTHS}",
    "must match the size of tensor": WIDTHS,
    "index out of range in self": "self.embedding has num_classes rows, whatever their number.",
    "Input type (long int)": "The images come first, the labels second.",
    "channels, but got": "A layer was made for another number of channels: follow them on paper, "
    "from layer to layer.",
}
"""What errors mean here: part of their text -> a sentence."""


def probe(answer: type[nn.Module], case: Evidence) -> Evidence:
    labels, num_classes, base_channels = case["labels"], case["num_classes"], case["base_channels"]

    def build(channels: int = base_channels, shape: tuple = SHAPE) -> nn.Module:
        return answer(shape, num_classes, channels)

    run = Recorder(case["seed"])
    images = 2 * torch.rand(len(labels), *SHAPE) - 1
    others = 2 * torch.rand(len(labels), *OTHER_SHAPE) - 1
    model = run("model", build)
    run_plainly(run, model, images, labels)
    if not isinstance(model, nn.Module):
        return run.evidence
    run("other", lambda: build(shape=OTHER_SHAPE).eval()(others.clone(), labels.clone()))
    default = run("default model", answer, SHAPE, num_classes)
    run("default", lambda: default.eval()(images[:2].clone(), labels[:2].clone()))
    run_widths(run, build, base_channels, images, labels)
    run_sweeps(run, model, images, labels, num_classes)
    run("features of one", lambda image: model.features(image), images[:1])
    for state in range(2):
        with torch.no_grad():
            _run_parts(run, model, images, labels, state)
        run("negate", _negate, model, images, labels)
    batches = [(images, labels), (images, labels.roll(1))]
    run("train mode", lambda: in_train_mode(model, batches))
    run_training(run, model, images, labels)
    _run_gradients(run, model, images[:2], labels[:2])
    run_copies(run, model, build, images[:2], labels[:2])
    return run.evidence


def _run_parts(
    run: Recorder, model: nn.Module, images: torch.Tensor, labels: torch.Tensor, state: int
) -> None:
    """Record the score, and what it is made of."""
    run(f"score {state}", model, images, labels)
    h = run(f"features {state}", lambda images: model.features(images), images)
    e = run(f"embedding {state}", lambda labels: model.embedding(labels), labels)
    run(f"linear {state}", lambda: model.linear(h.clone()))
    run(f"linear of steps {state}", _steps, model, h)
    run(f"linear of product {state}", lambda: model.linear(h * e))


def _steps(model: nn.Module, h: torch.Tensor) -> torch.Tensor:
    """What ``model.linear`` makes of no step, one and sixteen in directions drawn at random."""
    step = torch.randn_like(h)
    return torch.stack([model.linear(count * step) for count in (0, 1, 16)])


def _run_gradients(
    run: Recorder, model: nn.Module, images: torch.Tensor, labels: torch.Tensor
) -> None:
    """Record the gradients in the images of the score, and of its two summands."""
    run("eval", lambda: model.eval())
    parts = {
        "score": lambda images: model(images, labels.clone()),
        "linear": lambda images: model.linear(model.features(images)),
        "product": lambda images: _product(model, images, labels),
    }
    for name, part in parts.items():
        run(f"gradient of {name}", gradients, part, images)
    run("embedding learns", lambda: model.embedding(labels.clone()).requires_grad)


def _product(model: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    h = model.features(images)
    return model.embedding(labels.clone()).view_as(h) * h


def _negate(model: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> None:
    """Change the signs of the scores, so that no case has one sign only."""
    for part in (model.linear, model.embedding):
        if isinstance(part, nn.Module):
            change_weights(part, torch.neg)
    settle(model, images, labels)


def judge(case: Evidence, key: Evidence, evidence: Evidence) -> list[Criterion]:
    sheet = Sheet(evidence, ADVICE)
    batch = len(case["labels"])
    with sheet.criterion("features of shape (B, D)", points=1):
        _expect_features(sheet, batch)
    with sheet.criterion("scores of shape (B, 1)", points=1):
        _expect_shape(sheet, output(sheet, "output"), case)
    with sheet.criterion(f"image_shape {OTHER_SHAPE} works too, base_channels wide", points=1):
        _expect_shape(sheet, output_of_other_shape(sheet), case)
        sheet.expect_no_error("default model")
        expect_shape(sheet.tensor("default"), (2, 1))
        expect_widths(sheet)
    with sheet.criterion("self.linear(h) + <self.embedding(labels), h>", points=3):
        _expect_projection(sheet, case)
    is_right = sheet.criteria[-1].passed
    with sheet.criterion("each score depends on its own image", points=1):
        by_image = sweep(sheet, "by input")
        expect_images_used(by_image, output(sheet, "gradient"), "score")
    with sheet.criterion("each score depends on its own label", points=1):
        expect_own_label(sheet, "score")
        expect_label_in_train_mode(*sheet.tensor("train mode"), "score")
    with sheet.criterion("every layer learns and is saved, gradients reach the images", points=1):
        expect_training(sheet, "the images")
        if is_right:  # another formula has other gradients, and has lost its marks above
            _expect_gradients_of_both_parts(sheet)
    sheet.gpu("device", advice=GPU_ADVICE)
    return sheet.criteria


def _expect_features(sheet: Sheet, batch: int) -> None:
    sheet.expect_no_error("model")
    features = sheet.tensor("features 0")
    expect(
        features.dim() == 2 and len(features) == batch,
        "features(images) is (B, D): sum the maps over height and width, or flatten them.",
        f"shape ({batch}, D)",
        f"shape {tuple(features.shape)}",
    )
    squeezed = {features.shape[1:]: "With one image a dimension is gone: look for squeeze()."}
    expect_shape(sheet.tensor("features of one"), (1, features.shape[1]), squeezed)
    expect(not close(features, features[:1].expand_as(features)), "All images have equal features.")


def _expect_shape(sheet: Sheet, scores: torch.Tensor, case: Evidence) -> None:
    batch = len(case["labels"])
    mistakes = {
        (): "One number for the whole batch: sum over dim 1, the features of one image.",
        (batch,): "One number per image is right, but as (B, 1): leave out squeeze, flatten(0).",
        (batch, case["num_classes"]): "One score per class: take the row of the image's own label.",
        (batch, batch): "(B, B) in place of (B, 1): either (B, 1) + (B,), where sum(1, "
        "keepdim=True) helps, or h @ e.T, which joins each image with all labels.",
    }
    features = sheet.evidence.get("features 0")
    if isinstance(features, torch.Tensor):
        summed = "(B, D) in place of (B, 1): <e, h> is the sum of e * h over the features, dim 1."
        mistakes = {tuple(features.shape): summed} | mistakes
    expect_shape(scores, (batch, 1), mistakes)
    expect(bool(scores.isfinite().all()), "Some scores are inf or nan.")


def _expect_projection(sheet: Sheet, case: Evidence) -> None:
    expect_repeatable(sheet)
    for state in range(2):
        _expect_shape(sheet, sheet.tensor(f"score {state}"), case)
    h, e, linear = (_both(sheet, name) for name in ("features", "embedding", "linear"))
    for part, size in ((e, h.shape[1:]), (linear, (h.shape[1], 1))):
        fits = part[0].numel() == math.prod(size)
        expect(fits, WIDTHS, f"shape {tuple(size)}", f"shape {tuple(part.shape[1:])}")
    e, linear = e.view_as(h), linear.view(*h.shape[:2], 1)
    mistakes = _mistakes(h, e, linear)
    products = [sheet.evidence.get(f"linear of product {state}") for state in range(2)]
    if all(isinstance(p, torch.Tensor) and p.shape == linear.shape[1:] for p in products):
        mistakes["Only h * e reaches self.linear: apply it to h, and add <e, h>."] = torch.stack(
            products
        )
    expect_close(
        _both(sheet, "score"),
        linear + (e * h).sum(2, keepdim=True),
        mistakes,
        "The score is not self.linear(h) + <self.embedding(labels), h> with h = "
        "self.features(images), and nothing after it.",
    )
    zero, one, sixteen = _both(sheet, "linear of steps").unbind(1)
    not_linear = "self.linear is not linear: leave activations out of it."
    expect(close(16 * (one - zero), sixteen - zero, 1e-3), not_linear)


def _expect_gradients_of_both_parts(sheet: Sheet) -> None:
    learns = sheet.evidence.get("embedding learns") is not False
    expect(learns, "The embedding does not learn: leave its weight with requires_grad=True.")
    score, linear, product = (
        sheet.tensor(f"gradient of {part}") for part in ("score", "linear", "product")
    )
    size = (linear + product).abs().max().clamp(min=1e-30)
    expect_close(
        score / size,
        (linear + product) / size,
        {
            "In <self.embedding(labels), h> h is detached: both parts train the features.": linear
            / size,
            "In self.linear(h) h is detached: both parts train the features.": product / size,
        },
        "The gradient in the images is not that of self.linear(h) + <self.embedding(labels), h>.",
    )


def _both(sheet: Sheet, name: str) -> torch.Tensor:
    """The tensors of both states, one above the other."""
    return torch.stack([sheet.tensor(f"{name} {state}") for state in range(2)])


def _mistakes(h: torch.Tensor, e: torch.Tensor, linear: torch.Tensor) -> dict[str, torch.Tensor]:
    """What known mistakes make of the parts, by what to tell the learner."""
    width = h.shape[2]
    inner, of_first, of_others = (
        (rows * h).sum(2, keepdim=True) for rows in (e, e[:, :1], e.flip(1))
    )
    right, cosine = linear + inner, F.cosine_similarity(e, h, dim=2)[..., None]
    return {
        "<self.embedding(labels), h> is missing: the label has no part in the score.": linear,
        "self.linear(h) is missing: it judges the image whatever its label is.": inner,
        "An inner product is a sum over the features, not a mean.": linear + inner / width,
        "The inner product is not to be divided by √D.": linear + inner / width**0.5,
        "This is the cosine: in an inner product h and e keep their lengths.": linear + cosine,
        "The sum goes over the whole batch: sum over dim 1 only.": linear
        + inner.sum(1, keepdim=True),
        "The whole batch gets the label of its first sample: look for [0] or [:1].": linear
        + of_first,
        "The rows are mixed: row i of the embedding belongs to row i of h.": linear + of_others,
        "The inner product is added, not subtracted.": linear - inner,
        "The inner product is added to self.linear(h), not multiplied with it.": linear * inner,
        "The score is halved: it is the sum of the two parts.": right / 2,
        "Leave the sigmoid out: the score is a raw number.": right.sigmoid(),
        "Leave the tanh out: the score is a raw number.": right.tanh(),
        "Leave the ReLU out: the score is a raw number of either sign.": right.relu(),
    }

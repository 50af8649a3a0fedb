"""Exercise cvae-step: one training step of a conditional VAE."""

from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from torch.nn.utils import vector_to_parameters

from course_utils.evidence import Evidence, Recorder
from course_utils.exercises.steps import RIGHT, StepJudge, flat, split, stacked, watch
from course_utils.exercises.vae.spy import PIXELS, SpyVAE, as_pixels
from course_utils.faults import close, expect, expect_close
from course_utils.judging import Criterion, Sheet

HINTS = (
    "Which criterion fails: the number that you return, or the step? If the first step is right "
    "and the second is not, something is left from the first.",
    "The five stations of a step: training mode, clear old gradients, loss, backward, optimizer "
    "step. The model gives you a reconstruction, mu and logvar in one call, and the loss wants "
    "these three, the images, and kl_weight.",
    "`reconstruction, mu, logvar = model(images, labels)` and `loss = cvae_loss(reconstruction, "
    "images, mu, logvar, kl_weight)`. `loss.item()` is a Python float.",
)

ADVICE = {
    "encode was given images of shape": "Images are flat rows here: hand them on as they come.",
    "takes labels of shape": "The model makes the one-hot labels itself: hand it plain ones.",
    "same dtype": "The one-hot labels have another dtype than the images: .float() makes float32 "
    "of them.",
    "between 0 and 1": "Which of the two is the reconstruction, and which are the images?",
    "cvae_loss": "Run the cell of exercise cvae-loss first.",
}
"""What errors mean here: part of their text -> a sentence."""


def probe(answer: Callable, case: Evidence) -> Evidence:
    images, labels = as_pixels(case["rows"]), case["labels"]
    run = Recorder(case["seed"])

    def steps(*calls: str, weight: tuple = (), rows: int = len(images), stale: int = 0) -> None:
        model = SpyVAE(case).eval()
        optimizer = torch.optim.SGD(model.parameters(), case["lr"], case["momentum"])
        watched = watch(optimizer, model)
        for parameter in model.parameters():
            parameter.grad = torch.full_like(parameter, stale) if stale else None
        for call in calls:
            run(call, answer, model, optimizer, images[:rows], labels[:rows], *weight)
            run(f"{call} encoded", model.encoded.take)
            run(f"{call} decoded", model.decoded.take)
            run(f"{call} steps", stacked, watched)
            run(f"{call} model", flat, model)
            watched.clear()

    steps("loss", "loss twice", weight=(1.0,))
    steps("default")
    steps("stale", weight=(1.0,), stale=10)
    steps("weighted", weight=(case["kl_weight"],))
    steps("single", weight=(case["kl_weight"],), rows=1)

    def on(to: Callable) -> torch.Tensor | None:
        torch.manual_seed(case["seed"])  # both runs draw alike, so that only devices differ
        model = to(SpyVAE(case))
        optimizer = torch.optim.SGD(model.parameters(), case["lr"])
        loss = answer(model, optimizer, to(images), to(labels), case["kl_weight"])
        return None if loss is None else model.encoder.detach()  # is it where it was?

    run.on_devices("loss", on)
    return run.evidence


def judge(case: Evidence, key: Evidence, evidence: Evidence) -> list[Criterion]:
    sheet = Sheet(evidence, ADVICE)
    steps = step_judge(case, key, sheet)
    with sheet.criterion("returns the loss before the step, as a Python float", points=1):
        steps.expect_loss("loss")
    with sheet.criterion("each image goes through the model, with its own label", points=1):
        _expect_questions(case, key, sheet)
    with sheet.criterion("one optimizer step in train mode on the loss", points=2):
        steps.expect_step("loss")
        steps.expect_optimizer_alone(case["lr"])
        expect(
            all(bool(notes[:, 0].all()) for notes in _asked(sheet, "loss")),
            "The model was asked in eval mode: call model.train() first.",
        )
    with sheet.criterion("kl_weight weighs the KL, and is 1.0 if it is not given", points=1):
        steps.expect_loss("weighted")
        steps.expect_step("weighted")
        losses, _ = _outcomes(case, sheet, "default", key["model"])
        message = "Without kl_weight the loss is wrong: its default is 1.0."
        expect_close(sheet.number("default"), losses[RIGHT], {}, message)
    with sheet.criterion("no gradient from earlier calls", points=1):
        steps.expect_clean_gradients()
    sheet.gpu("loss", advice="make new tensors on the device of the images.")
    return sheet.criteria


def step_judge(case: Evidence, key: Evidence, sheet: Sheet) -> StepJudge:
    """What compares the model's steps with those on its loss."""
    return StepJudge(sheet, "model", key["model"], partial(_outcomes, case, sheet))


def _asked(sheet: Sheet, name: str) -> tuple[torch.Tensor, torch.Tensor]:
    """The notes of encoder and decoder that the loss of the call ``name`` is made of."""
    sheet.expect_no_error(name)
    encoded, decoded = sheet.tensor(f"{name} encoded"), sheet.tensor(f"{name} decoded")
    expect(len(encoded) > 0, "The model did not encode the images: model(images, labels).")
    expect(len(decoded) > 0, "The model did not decode: model(images, labels).")
    expect(
        len(encoded) == len(decoded),
        "The model was not asked about as many images as it decoded: one z for each image.",
    )
    return encoded, decoded


def _read(case: Evidence, sheet: Sheet, name: str) -> tuple[torch.Tensor, ...]:
    """The images' rows, the codes for the encoder, z, its ε, and the codes for the decoder."""
    (latent_dim, width), num_classes = case["decoder"].shape, len(case["decoder table"])
    encoded, decoded = _asked(sheet, name)
    columns = [1, latent_dim, latent_dim, width, num_classes]
    _, mu, logvar, rows, codes = encoded.split(columns, dim=1)
    _, z, decoder_codes = decoded.split([1, latent_dim, num_classes], dim=1)
    return rows, codes, z, (z - mu) / (logvar / 2).exp(), decoder_codes


def _outcomes(case: Evidence, sheet: Sheet, name: str, parameters: torch.Tensor) -> tuple:
    """The losses of the call ``name``, right and mistaken, and their gradients."""
    rows, codes, z, noise, decoder_codes = _read(case, sheet, name)
    images, weight = as_pixels(rows), case["kl_weight"] if name in ("weighted", "single") else 1.0
    model = SpyVAE(case)
    vector_to_parameters(parameters, model.parameters())
    mu, logvar = model.encode(images, codes)
    std = (logvar / 2).exp()

    def entropy(z: torch.Tensor) -> torch.Tensor:
        reconstruction = model.decode(z, decoder_codes)
        return F.binary_cross_entropy(reconstruction, images, reduction="sum") / len(images)

    kl = _kl(mu, logvar)
    losses = _losses(entropy(mu + std * noise), kl, weight, len(images))
    reconstruction = model.decode(mu + std * noise, decoder_codes)
    squares = (reconstruction - images).square().sum(dim=1).mean()
    too_wide = mu + logvar.exp() * ((z - mu) / logvar.exp()).detach()
    losses |= {
        "These are squared errors: take the binary cross-entropy.": squares + weight * kl,
        "This is the mean squared error: take the sum of the binary cross-entropies.": (
            squares / PIXELS + weight * kl
        ),
        "The arguments of the cross-entropy are swapped: the reconstruction first, the images "
        "second.": F.binary_cross_entropy(images, reconstruction, reduction="sum") / len(images)
        + weight * kl,
        "mu and logvar are swapped: the model returns (reconstruction, mu, logvar).": (
            entropy(mu + std * noise) + weight * _kl(logvar, mu)
        ),
        "No gradient flows from the reconstruction back to the encoder: z is detached, or drawn "
        "without mu and logvar.": entropy(z) + weight * kl,
        "The encoder gets no gradient: it is asked under no_grad, or mu and logvar are detached.": (
            entropy(z) + weight * kl.detach()
        ),
        "z is drawn with the standard deviation exp(logvar): logvar is the log of the variance.": (
            entropy(too_wide) + weight * kl
        ),
    }
    return split(losses, list(model.parameters()))


def _kl(mu: torch.Tensor, logvar: torch.Tensor) -> torch.Tensor:
    return (mu**2 + logvar.exp() - 1 - logvar).sum(dim=1).mean() / 2


def _losses(
    entropy: torch.Tensor, kl: torch.Tensor, weight: float, batch: int
) -> dict[str, torch.Tensor]:
    """The loss that the judge compares with, and those of known mistakes."""
    right = entropy + weight * kl
    return {
        RIGHT: right,
        "kl_weight is ignored.": entropy + kl,
        "The KL is missing, or detached: no gradient comes from it.": entropy,
        "The cross-entropy is missing, or its reconstruction is detached.": weight * kl,
        "The KL has the wrong sign: it is added.": entropy - weight * kl,
        "kl_weight is on the cross-entropy: it weighs the KL.": weight * entropy + kl,
        "kl_weight is on both parts: it weighs the KL.": weight * (entropy + kl),
        "The KL is weighed twice.": entropy + weight**2 * kl,
        "The cross-entropy is the mean over the pixels: sum them.": entropy / PIXELS + weight * kl,
        "This is the sum over the batch: take the mean.": batch * right,
        "The loss is divided by the size of the batch once more.": right / batch,
        "The cross-entropy is summed over the batch: take the mean.": batch * entropy + weight * kl,
        "The KL is summed over the batch: take the mean.": entropy + weight * batch * kl,
        "The loss has the wrong sign.": -right,
    }


def _expect_questions(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    rows, codes, _, noise, decoder_codes = _read(case, sheet, "loss")
    same = (rows[:, None] - case["rows"]).abs().amax(dim=2) < 1e-4
    expect(
        bool(same.any(dim=1).all()),
        "The model was asked about images that are not in the batch: hand them on as they are.",
    )
    expect(bool(same.any(dim=0).all()), "Some images are left out.")
    expect(len(rows) == len(case["rows"]), "Some images were asked about twice.")
    own = key["codes"][same.int().argmax(dim=1)]
    for how, given in (("encoded", codes), ("decoded", decoder_codes)):
        expect(
            close(given, own),
            f"The images are {how} with other labels than their own: hand the labels on as they "
            "are, and the same ones to encoder and decoder.",
        )
    expect(
        bool((noise.abs() > 1e-3).any()),
        "z is mu itself: in training it is sampled, model.reparameterize(mu, logvar).",
    )
    again = _read(case, sheet, "loss twice")[3]
    expect(not close(noise, again, 1e-3), "Two calls draw the same ε: set no seed.")

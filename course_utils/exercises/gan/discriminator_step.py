"""Exercise discriminator-step: one training step of the discriminator."""

from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F

from course_utils.evidence import Evidence, Recorder
from course_utils.exercises.draws import (
    expect_distribution,
    expect_labels,
    expect_normal,
    expect_z,
)
from course_utils.exercises.gan.spies import Notes, as_images
from course_utils.exercises.gan.steps import (
    ADVICE,
    Judge,
    Stage,
    asked,
    expect_fresh,
    expect_labels_kept,
    step_on_devices,
)
from course_utils.exercises.steps import RIGHT, split
from course_utils.faults import close, expect
from course_utils.judging import Criterion, Sheet

HINTS = (
    "Which criterion fails? Loss and step are about your two sets of logits, the pairs are about "
    "what the discriminator is asked, and a generator that is touched is about a gradient that "
    "flows too far.",
    "The order: training mode, clear old gradients, draw z and labels, make the fakes so that no "
    "gradient flows back into the generator, ask the discriminator about the real and about the "
    "fake images, each under its own labels, loss, backward, optimizer step.",
    "z is `torch.randn(len(images), latent_dim, device=images.device)`. Make `fakes` under "
    "`torch.no_grad()`. The loss is `discriminator_loss(discriminator(images, labels), "
    "discriminator(fakes, labels))` if the fakes have the batch's own labels.",
)

MANY = 400  # times the batch: enough to count draws


def probe(answer: Callable, case: Evidence) -> Evidence:
    images, labels = as_images(case["features"]), case["labels"]
    sizes = case["latent_dim"], case["num_classes"]
    run = Recorder(case["seed"])

    def steps(*calls: str, rows: int = len(images), repeats: int = 1, stale: bool = False) -> None:
        stage = Stage(case, "discriminator", stale)
        batch = images[:rows].repeat(repeats, 1, 1, 1), labels[:rows].repeat(repeats)
        for call in calls:
            run(call, answer, *stage.all, *batch, *sizes)
            stage.record(run, call)

    steps("loss", "loss twice")
    steps("stale", stale=True)
    steps("single", rows=1)
    steps("many", "many twice", repeats=MANY)
    step_on_devices(run, answer, case, "discriminator", images, labels, *sizes)
    return run.evidence


def judge(case: Evidence, key: Evidence, evidence: Evidence) -> list[Criterion]:
    sheet = Sheet(evidence, ADVICE)
    steps = step_judge(case, key, sheet)
    with sheet.criterion("returns the loss before the step, as a Python float", points=1):
        steps.expect_loss("loss")
    with sheet.criterion("a fresh z ~ N(0, I) for each fake, and labels for them", points=1):
        _expect_draws(case, sheet)
    with sheet.criterion("real and fake images, each judged under its own label", points=2):
        _expect_pairs(case, sheet)
    with sheet.criterion("one optimizer step in train mode on the mean of both losses", points=2):
        steps.expect_step("loss")
        steps.expect_optimizer_alone(case["lr"])
        expect(
            bool(asked(sheet, "loss").trained.all()),
            "The discriminator was asked in eval mode: call discriminator.train() first.",
        )
    with sheet.criterion("no gradient from earlier calls", points=1):
        steps.expect_clean("generator", key["generator"])
    with sheet.criterion("the generator stays as it is, and gets no gradient", points=2):
        steps.expect_untouched("generator", key["generator"])
        for name, stale in (("loss", 0), ("stale", 1)):
            gradient = sheet.tensor(f"{name} generator gradient")
            expect(
                bool(((gradient == 0) | (gradient == stale)).all()),
                "A gradient flows back into the generator: make the fakes under torch.no_grad(), "
                "or give the discriminator fakes.detach().",
            )
    sheet.gpu("loss", advice="draw z and labels on the device of the images, device=images.device.")
    return sheet.criteria


def step_judge(case: Evidence, key: Evidence, sheet: Sheet) -> Judge:
    """What compares the discriminator's steps with those on its loss."""
    return Judge(sheet, "discriminator", key["discriminator"], partial(_outcomes, case, sheet))


def _outcomes(case: Evidence, sheet: Sheet, name: str, parameters: torch.Tensor) -> tuple:
    """The losses of the call ``name``, right and mistaken, and their gradients."""
    table = parameters[:-1].view_as(case["discriminator table"]).clone().requires_grad_()
    bias = parameters[-1:].clone().requires_grad_()
    real, fake = (
        (notes.features * table[notes.asked]).sum(1) + bias for notes in _both(asked(sheet, name))
    )
    return split(_losses(real, fake), [table, bias])


def _both(notes: Notes) -> tuple[Notes, Notes]:
    """The questions about real images, and those about fakes."""
    reals, fakes = notes.reals(), notes.fakes()
    expect(
        len(reals) > 0, "The loss has no part for the real images, or their logits are detached."
    )
    expect(len(fakes) > 0, "The loss has no part for the fakes, or their logits are detached.")
    return reals, fakes


def _losses(real: torch.Tensor, fake: torch.Tensor) -> dict[str, torch.Tensor]:
    """The loss that the judge compares with, and those of known mistakes."""
    real_1, real_0, fake_1, fake_0 = map(F.softplus, (-real, real, -fake, fake))
    squashed = F.softplus(-real.sigmoid()).mean() + F.softplus(fake.sigmoid()).mean()
    right = (real_1.mean() + fake_0.mean()) / 2
    return {
        RIGHT: right,
        "The targets are swapped: 1 is for the real images, 0 for the fakes.": (
            real_0.mean() + fake_1.mean()
        )
        / 2,
        "The fakes have the target 1: that is for the generator's step, here it is 0.": (
            real_1.mean() + fake_1.mean()
        )
        / 2,
        "The two losses are added: halve the sum.": 2 * right,
        "This is the sum over the batch: take the mean.": (real_1.sum() + fake_0.sum()) / 2,
        "The logits went through sigmoid first: the loss takes raw logits.": squashed / 2,
        "The target of the real images is 0.9: here it is 1.": right + 0.05 * real.mean(),
        "The loss has the wrong sign.": -right,
    }


def _expect_draws(case: Evidence, sheet: Sheet) -> None:
    first, second = (_fakes(case, sheet, name) for name in ("many", "many twice"))
    expect_normal(first.z)
    expect_fresh(first, second)
    own = case["labels"].repeat(MANY)
    expect_distribution(first.made, case["num_classes"], own)
    expect(
        not torch.equal(first.made, second.made)
        or torch.equal(first.made.sort().values, own.sort().values),
        "Two calls ask for the same labels: draw them at random, or take the batch's own.",
    )


def _fakes(case: Evidence, sheet: Sheet, name: str) -> Notes:
    _, fakes = _both(asked(sheet, name))
    expect_labels(fakes.made, len(fakes), case["num_classes"])
    expect_z(fakes.z, fakes.made, case["latent_dim"])
    return fakes


def _expect_pairs(case: Evidence, sheet: Sheet) -> None:
    reals, fakes = _both(asked(sheet, "loss"))
    expect_labels(fakes.made, len(fakes), case["num_classes"])
    same = (reals.features[:, None] == case["features"]).all(-1)  # question, image of the batch
    made = fakes.z @ case["generator weight"] + case["generator table"][fakes.made]
    expect(
        bool(same.any(1).all()) and close(fakes.features, made),
        "The discriminator was asked about images that are neither in the batch nor as the "
        "generator made them: change no image.",
    )
    expect(bool(same.any(0).all()), "Some real images are left out.")
    expect(
        torch.equal(reals.asked, case["labels"][same.int().argmax(1)]),
        "The real images are judged under other labels than their own.",
    )
    expect_labels_kept(fakes)

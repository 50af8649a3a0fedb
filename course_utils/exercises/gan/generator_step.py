"""Exercise generator-step: one training step of the generator."""

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
from course_utils.exercises.gan.spies import Notes
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
    "Which criterion fails? If the generator does not move, ask where its gradient comes from: "
    "the loss is made of the discriminator's logits, so the way back leads through both networks.",
    "The order: training mode, clear old gradients, draw z and labels, make the fakes (here they "
    "keep their graph), ask the discriminator about them under the same labels, loss, backward, "
    "optimizer step. The optimizer holds the generator's parameters only.",
    "With `device = next(generator.parameters()).device`, z is `torch.randn(batch_size, "
    "latent_dim, device=device)` and the labels are `torch.randint(num_classes, (batch_size,), "
    "device=device)`. The loss is `generator_loss(discriminator(generator(z, labels), labels))`.",
)

MANY = 2000  # a batch in which draws are counted


def probe(answer: Callable, case: Evidence) -> Evidence:
    sizes = case["latent_dim"], case["num_classes"]
    run = Recorder(case["seed"])

    def steps(*calls: str, batch_size: int = case["batch_size"], stale: bool = False) -> None:
        stage = Stage(case, "generator", stale)
        for call in calls:
            run(call, answer, *stage.all, batch_size, *sizes)
            stage.record(run, call)

    steps("loss", "loss twice")
    steps("stale", stale=True)
    steps("single", batch_size=1)
    steps("many", "many twice", batch_size=MANY)
    step_on_devices(run, answer, case, "generator", case["batch_size"], *sizes)
    return run.evidence


def judge(case: Evidence, key: Evidence, evidence: Evidence) -> list[Criterion]:
    sheet = Sheet(evidence, ADVICE)
    steps = step_judge(case, key, sheet)
    with sheet.criterion("returns the loss before the step, as a Python float", points=1):
        steps.expect_loss("loss")
    with sheet.criterion("batch_size fresh z ~ N(0, I), and uniform labels", points=2):
        _expect_draws(case, sheet)
    with sheet.criterion("the discriminator is asked about the same labels", points=1):
        _expect_pairs(case, sheet)
    with sheet.criterion("one optimizer step in train mode on the non-saturating loss", points=2):
        expect(
            bool(_fakes(sheet, "loss").attached.all()),
            "The fakes are cut off from the generator: no .detach() and no torch.no_grad() here.",
        )
        steps.expect_step("loss")
        steps.expect_optimizer_alone(case["lr"])
        expect(
            bool(_fakes(sheet, "loss").made_trained.all()),
            "The fakes were made in eval mode: call generator.train() first.",
        )
    with sheet.criterion("no gradient from earlier calls", points=1):
        steps.expect_clean("discriminator", key["discriminator"])
    with sheet.criterion("the discriminator stays as it is, ready for its own step", points=1):
        steps.expect_untouched("discriminator", key["discriminator"])
    sheet.gpu(
        "loss",
        advice="draw z and labels where the generator is, device=next(generator.parameters())"
        ".device.",
    )
    return sheet.criteria


def _fakes(sheet: Sheet, name: str) -> Notes:
    fakes = asked(sheet, name).fakes()
    expect(len(fakes) > 0, "The discriminator was not asked about fakes.")
    return fakes


def step_judge(case: Evidence, key: Evidence, sheet: Sheet) -> Judge:
    """What compares the generator's steps with those on its loss."""
    return Judge(sheet, "generator", key["generator"], partial(_outcomes, case, sheet))


def _outcomes(case: Evidence, sheet: Sheet, name: str, parameters: torch.Tensor) -> tuple:
    """The losses of the call ``name``, right and mistaken, and their gradients."""
    fakes = _fakes(sheet, name)
    expect_labels(fakes.made, len(fakes), case["num_classes"])
    shapes = case["generator weight"], case["generator table"]
    parts = parameters.split([shape.numel() for shape in shapes])
    leaves = [p.view_as(s).clone().requires_grad_() for p, s in zip(parts, shapes, strict=True)]
    features = fakes.z @ leaves[0] + leaves[1][fakes.made]
    weights = case["discriminator table"][fakes.asked]
    return split(_losses((features * weights).sum(1) + case["discriminator bias"]), leaves)


def _losses(fake: torch.Tensor) -> dict[str, torch.Tensor]:
    """The loss that the judge compares with, and those of known mistakes."""
    fake_1, fake_0 = F.softplus(-fake), F.softplus(fake)
    return {
        RIGHT: fake_1.mean(),
        "The target is 0: the generator wants its fakes to be called real, target 1.": (
            fake_0.mean()
        ),
        "This is the saturating loss, log(1 - D): take the cross-entropy to the target 1.": (
            -fake_0.mean()
        ),
        "The loss is halved: that is for the discriminator's two parts, use generator_loss.": (
            fake_1.mean() / 2
        ),
        "This is discriminator_loss, with the fakes in it twice: use generator_loss.": (
            (fake_1.mean() + fake_0.mean()) / 2
        ),
        "This is the sum over the batch: take the mean.": fake_1.sum(),
        "The logits went through sigmoid first: the loss takes raw logits.": F.softplus(
            -fake.sigmoid()
        ).mean(),
        "The loss is minus the mean logit, that of another GAN: take the cross-entropy.": (
            -fake.mean()
        ),
        "The target is 0.9: here it is 1.": fake_1.mean() + 0.1 * fake.mean(),
        "The loss has the wrong sign.": -fake_1.mean(),
    }


def _expect_draws(case: Evidence, sheet: Sheet) -> None:
    sizes = {"loss": case["batch_size"], "many": MANY, "many twice": MANY}
    for name, batch_size in sizes.items():
        fakes = _fakes(sheet, name)
        other = f"The loss is on {len(fakes)} fakes, and batch_size is {batch_size}: draw as many."
        expect(len(fakes) == batch_size, other)
        expect_labels(fakes.made, batch_size, case["num_classes"])
        expect_z(fakes.z, fakes.made, case["latent_dim"])
    first, second = _fakes(sheet, "many"), _fakes(sheet, "many twice")
    expect_normal(first.z)
    expect_fresh(first, second)
    expect_distribution(first.made, case["num_classes"])
    expect(
        not torch.equal(first.made, second.made),
        "Two calls ask for the same labels: draw them at random.",
    )


def _expect_pairs(case: Evidence, sheet: Sheet) -> None:
    fakes = _fakes(sheet, "loss")
    expect_labels(fakes.made, len(fakes), case["num_classes"])
    made = fakes.z @ case["generator weight"] + case["generator table"][fakes.made]
    expect(
        close(fakes.features, made),
        "The discriminator was asked about images that are not as the generator made them.",
    )
    expect_labels_kept(fakes)

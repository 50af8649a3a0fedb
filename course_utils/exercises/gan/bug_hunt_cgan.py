"""Exercise bug-hunt-cgan: a whole epoch of a conditional GAN, to be freed of planted faults."""

from collections.abc import Callable, Iterable
from itertools import pairwise

import torch

from course_utils.evidence import Evidence, Recorder
from course_utils.exercises.draws import expect_distribution, expect_normal, expect_z
from course_utils.exercises.gan.epoch_losses import (
    expect_discriminator_loss,
    expect_generator_loss,
    expect_mean_losses,
    expect_real_images,
)
from course_utils.exercises.gan.replay import Replay
from course_utils.exercises.gan.spies import (
    SpyDiscriminator,
    SpyGenerator,
    as_images,
    networks,
)
from course_utils.exercises.steps import flat, stacked, watch
from course_utils.faults import Fault, close, expect, expect_close
from course_utils.judging import Criterion, Sheet

HINTS = (
    "Start with the first criterion that fails, mend one fault, run the check again. An error "
    "about sizes: which tensor has a size that does not come from the batch?",
    "Follow the fakes. Which labels were they made with, and which ones is the discriminator "
    "told? How far back does the gradient of the discriminator's loss flow? Then follow "
    "the gradients: who clears them, how often, and what has arrived in them since?",
    "Targets: `torch.ones_like(logits)`. In the discriminator's step: `fakes.detach()`. Before "
    "each `backward()`: `zero_grad()` of the optimizer that steps next. And `discriminator(fakes, "
    "fake_labels)`, with the labels that the generator got.",
)

MANY = 25
"""The probe's largest batch is this many times the images: enough to count draws."""

ADVICE = {
    "target size": "Some batches are smaller: give the targets the size of the logits, "
    "torch.ones_like(...).",
    "must match the size": "Some batches are smaller: take every size from the batch.",
    "has no len()": "An iterable need not have a length: count the batches as they come.",
    "not subscriptable": "An iterable need not have an index: take the batches as they come.",
    "modified by an inplace": "A step changes the parameters that an earlier forward pass still "
    "needs: ask the discriminator again after its step.",
    "backward through the graph a second time": "The second loss goes back through a graph that "
    "the first has freed: detach the fakes in the discriminator's step.",
    "between 0 and 1": "These are logits, not probabilities: binary_cross_entropy_with_logits.",
    "division by zero": "No batch was left? Go through the batches once: they may come only once.",
    "out of bounds": "Classes are counted from 0 to num_classes - 1.",
    "takes int64 labels": "Each sample has one row of z, or one image, and one label, a "
    "whole number (torch.randint gives int64).",
    "was given z of shape": "Draw z of shape (B, latent_dim), one row for each fake.",
}
"""What errors mean here: part of their text -> a sentence."""


def probe(answer: Callable, case: Evidence) -> Evidence:
    run = Recorder(case["seed"])
    sizes = case["sizes"].tolist()
    images, labels = as_images(case["features"]), case["labels"].clone()
    batches = list(zip(images.split(sizes), labels.split(sizes), strict=True))
    many = [(images.repeat(MANY, 1, 1, 1), labels.repeat(MANY))]
    _record_epoch(run, "epoch", answer, case, iter(batches))
    _record_epoch(run, "stale", answer, case, iter(batches), stale=True)
    _record_epoch(run, "single", answer, case, [(images[:1], labels[:1])])
    _record_epoch(run, "many", answer, case, many)
    if not (
        torch.equal(images, as_images(case["features"])) and torch.equal(labels, case["labels"])
    ):
        run.evidence["changed"] = "epoch"

    def on(to: Callable) -> torch.Tensor | None:
        torch.manual_seed(case["seed"])  # both runs draw alike, so that only devices differ
        generator, discriminator = (to(network) for network in networks(case))
        moved = [(to(x.clone()), to(y.clone())) for x, y in batches[1:]]
        losses = answer(*_arguments(case, generator, discriminator, moved))
        return None if losses is None else generator.table.detach()  # is it where it was?

    run.on_devices("epoch", on)
    return run.evidence


def _arguments(
    case: Evidence, generator: SpyGenerator, discriminator: SpyDiscriminator, batches: Iterable
) -> tuple:
    optimizer_g = torch.optim.SGD(generator.parameters(), case["lr_g"])
    optimizer_d = torch.optim.SGD(discriminator.parameters(), case["lr_d"])
    latent_dim, num_classes = len(case["generator weight"]), len(case["generator table"])
    return generator, discriminator, optimizer_g, optimizer_d, batches, latent_dim, num_classes


def _record_epoch(
    run: Recorder,
    name: str,
    answer: Callable,
    case: Evidence,
    batches: Iterable,
    stale: bool = False,
) -> None:
    """Run one epoch and write down what the spies saw: see `Replay`."""
    generator, discriminator = networks(case)
    arguments = _arguments(case, generator, discriminator, batches)
    steps = {
        "discriminator": watch(arguments[3], discriminator),
        "generator": watch(arguments[2], generator),
    }
    discriminator.watched = list(steps.values())
    for network in (generator, discriminator) if stale else ():
        for parameter in network.parameters():
            parameter.grad = torch.ones_like(parameter)
    run(name, answer, *arguments)
    run(f"{name} notes", discriminator.notes)
    run(f"{name} arrivals", discriminator.arrivals)
    run(f"{name} parameters asked", discriminator.parameters_asked)
    run(f"{name} received", lambda: generator.received)
    for network, rows in steps.items():
        run(f"{name} steps {network}", stacked, rows)
    run(f"{name} discriminator", flat, discriminator)
    run(f"{name} generator", flat, generator)


def judge(case: Evidence, key: Evidence, evidence: Evidence) -> list[Criterion]:
    sheet = Sheet(evidence)
    sizes = case["sizes"].tolist()
    with sheet.criterion("batches of every size; returns both mean losses, as floats", points=2):
        expect_means(sheet, "epoch", sizes)
    with sheet.criterion("one step of each network per batch, in train mode", points=1):
        _expect_steps(case, key, sheet)
    with sheet.criterion("each step is on the gradient of its own loss", points=2):
        _expect_losses(case, sheet)
    with sheet.criterion("fakes are judged under the labels that they were made with", points=1):
        fakes = _replay(sheet, "epoch").pulls.fakes()
        expect(len(fakes) > 0, "The discriminator was not asked about fakes.")
        expect(
            torch.equal(fakes.asked, fakes.made),
            "The fakes are judged under other labels than they were made with: give the same "
            "labels to the generator and to the discriminator.",
            fakes.made,
            fakes.asked,
        )
    with sheet.criterion("fresh z ~ N(0, I), labels from every class", points=1):
        _expect_draws(case, sheet)
    with sheet.criterion("no gradient from earlier calls in a step", points=1):
        for name in ("epoch", "stale"):
            _expect_clean_gradients(sheet, name)
    with sheet.criterion("the discriminator's step gives the generator no gradient", points=1):
        replay = _replay(sheet, "epoch")
        received = sheet.tensor("epoch received")
        pulls = replay.in_generator_step()
        expect(len(pulls) > 0 and bool(received.any()), "This waits for the generator's step.")
        expect(
            close(received, replay.generator_gradient(pulls)),
            "The gradient of the discriminator's loss flows back into the generator: detach the "
            "fakes in the discriminator's step.",
        )
    sheet.gpu("epoch", advice="make z, labels and targets on the device of the images.")
    return sheet.criteria


def _replay(sheet: Sheet, name: str) -> Replay:
    error = sheet.error(name)
    advice = next((why for part, why in ADVICE.items() if part in error.lower()), "")
    if advice:
        raise Fault(f"Your code raised {error}. {advice}", raised=True)
    sheet.expect_no_error(name)
    return Replay(
        *(sheet.tensor(f"{name} {part}") for part in ("notes", "arrivals", "parameters asked"))
    )


def expect_means(sheet: Sheet, name: str, sizes: list[int]) -> None:
    """Raise a fault unless the epoch ``name`` returned its two mean losses, as Python floats."""
    replay = _replay(sheet, name)
    kind = sheet.evidence.get(f"{name}.type", "NoneType")
    expect(kind != "NoneType", "It returned None: did you forget a return?")
    two = "two floats were expected: the mean of the discriminator's losses, then the generator's."
    expect(kind in ("tuple", "list"), f"It returned a {kind}; {two}")
    expect(
        len(replay.pulls) > 0,
        "No loss of any batch went backward. Go through the batches once: they may come only once.",
    )
    received = sheet.number(f"{name}.0"), sheet.number(f"{name}.1")
    losses, opposite = (replay.losses(len(sizes), sign) for sign in (1, -1))
    try:
        expect_mean_losses(received, losses, opposite, torch.tensor(sizes))
    except Fault:
        _expect_one_step_each(sheet, name, len(sizes))  # if not, that is the reason
        raise


def _expect_one_step_each(sheet: Sheet, name: str, batches: int) -> None:
    for network in ("discriminator", "generator"):
        count = len(sheet.tensor(f"{name} steps {network}"))
        expect(
            count > 0,
            f"The {network}'s optimizer never steps: use the one that is handed over.",
        )
        expect(
            count == batches,
            f"The {network}'s optimizer steps {count} times in {batches} batches: once per batch.",
        )


def _expect_steps(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    replay = _replay(sheet, "epoch")
    _expect_one_step_each(sheet, "epoch", len(case["sizes"]))
    for network, lr in (("discriminator", case["lr_d"]), ("generator", case["lr_g"])):
        steps = sheet.tensor(f"epoch steps {network}")
        expect_close(
            sheet.tensor(f"epoch {network}"),
            key[network] - lr * steps.sum(0),
            {},
            f"The {network}'s parameters were changed by something else than its steps.",
        )
    expect(
        bool(replay.in_discriminator_step().trained.all()),
        "In its own step the discriminator is in eval mode: call discriminator.train().",
    )
    expect(
        bool(replay.in_generator_step().made_trained.all()),
        "In its own step the generator is in eval mode: call generator.train().",
    )


def _expect_losses(case: Evidence, sheet: Sheet) -> None:
    replay, sizes = _replay(sheet, "epoch"), case["sizes"].tolist()
    batches = zip(case["features"].split(sizes), case["labels"].split(sizes), strict=True)
    for step, (features, labels) in enumerate(batches):
        pulls = replay.in_discriminator_step(step)
        expect_real_images(features, labels, pulls.reals())
        expect_discriminator_loss(pulls.reals(), pulls.fakes())
    for step in range(len(sizes)):
        expect_generator_loss(replay.in_generator_step(step))
    for network in ("discriminator", "generator"):
        gradients = sheet.tensor(f"epoch steps {network}")
        expect(
            bool(gradients.any(dim=1).all()),
            f"The {network} steps without a gradient: is there a zero_grad() between backward() "
            "and step(), or are the fakes detached in the generator's step too?",
        )


def _expect_draws(case: Evidence, sheet: Sheet) -> None:
    num_classes, latent_dim = len(case["generator table"]), len(case["generator weight"])
    own = case["labels"].repeat(MANY)
    many, epoch, again = (_replay(sheet, name) for name in ("many", "epoch", "stale"))
    expect(len(epoch.pulls.fakes()) > 0, "This waits for the two steps.")
    for rows in (many.in_discriminator_step(0).fakes(), many.in_generator_step(0)):
        expect(len(rows) > 0, "This waits for the two steps, which are not right yet.")
        expect_z(rows.z, rows.made, latent_dim)
        expect_normal(rows.z)
        expect_distribution(rows.made, num_classes, own)
    batches = range(len(case["sizes"]))
    for steps in (
        [epoch.in_discriminator_step(step).fakes().z for step in batches],
        [epoch.in_generator_step(step).z for step in batches],
    ):
        repeated = any(_share_a_row(*pair) for pair in pairwise(steps))
        expect(not repeated, "Two batches use the same z: draw it afresh for each.")
    repeated = _share_a_row(epoch.pulls.fakes().z, again.pulls.fakes().z)
    expect(not repeated, "Two epochs use the same z: set no seed, and keep no z.")


def _share_a_row(a: torch.Tensor, b: torch.Tensor) -> bool:
    return bool((a[:, None] == b).all(dim=2).any())


def _expect_clean_gradients(sheet: Sheet, name: str) -> None:
    replay = _replay(sheet, name)
    discriminators, generators = (
        sheet.tensor(f"{name} steps {network}") for network in ("discriminator", "generator")
    )
    expect(len(discriminators) == len(generators) > 0, "This waits for one step each per batch.")
    pairs = zip(discriminators, generators, strict=True)
    for step, (discriminator, generator) in enumerate(pairs):
        own, pulls = replay.in_discriminator_step(step), replay.in_generator_step(step)
        ready = len(own) > 0 and len(pulls) > 0 and discriminator.any() and generator.any()
        expect(bool(ready), "This waits for the two steps.")
        expect(
            close(discriminator, replay.discriminator_gradient(own)),
            "Earlier gradients are in the discriminator's step: optimizer_d.zero_grad() before its "
            "backward(), for every batch. It gets gradients in the generator's step too.",
        )
        right = replay.generator_gradient(pulls)
        leak = replay.generator_gradient(replay.leaking_into(step))
        expect(  # a missing detach has a criterion of its own
            close(generator, right) or close(generator, right + leak),
            "Earlier gradients are in the generator's step: optimizer_g.zero_grad() before its "
            "backward(), for every batch.",
        )

"""Judging the losses of an epoch, from what pulled at the discriminator's logits: see `Replay`."""

import torch

from course_utils.exercises.gan.replay import Pulls
from course_utils.faults import expect, expect_close

SWAPPED = "The discriminator's targets are wrong: real → 1, fake → 0."
TARGETS_OF_0 = "The generator's targets are 0: it wants its fakes to be called real, 1."
SATURATING = (
    "The generator's loss is the saturating one, log(1 - D): take the cross-entropy of fake → 1."
)


def expect_mean_losses(
    received: tuple[float, float],
    losses: torch.Tensor,
    opposite: torch.Tensor,
    sizes: torch.Tensor,
) -> None:
    """Raise a fault unless these are the means of ``losses`` (2, number of batches).

    The discriminator's losses are the first row; ``opposite`` are those to the opposite targets,
    and ``sizes`` the batches' sizes.
    """
    parts = "real → 1 and fake → 0", "fake → 1"
    for row, network, part in zip(losses, ("discriminator", "generator"), parts, strict=True):
        expect(
            bool(row.isfinite().all()),
            f"In some batch no step of the {network} is on its own loss, {part}: is a part of the "
            "loss missing, or its backward(), or is it another optimizer that steps?",
        )
    means = losses.mean(dim=1)
    for index, network in enumerate(("discriminator", "generator")):
        own = losses[index]
        mistakes = {
            "The two losses come in the wrong order: the discriminator's is the first.": means[
                1 - index
            ],
            f"This is the {network}'s loss on the last batch: return the mean over all.": own[-1],
            f"This is the sum of the {network}'s losses: divide by the number of batches.": (
                own.sum()
            ),
            f"This mean of the {network}'s losses weighs batches by their size: each batch counts "
            "the same here.": (own * sizes).sum() / sizes.sum(),
        }
        if network == "discriminator":
            mistakes["The discriminator's loss is not halved."] = 2 * means[0]
            mistakes[SWAPPED] = opposite[0].mean()
        else:
            mistakes[TARGETS_OF_0] = opposite[1].mean()
            mistakes[SATURATING] = -opposite[1].mean()
        otherwise = (
            f"This is not the mean over the batches of the {network}'s loss before its step."
        )
        expect_close(received[index], means[index], mistakes, otherwise)


def expect_real_images(features: torch.Tensor, labels: torch.Tensor, reals: Pulls) -> None:
    """Raise a fault unless the discriminator learned from this batch, under its own labels."""
    expect(len(reals) > 0, "The discriminator's loss leaves the real images out.")
    same = (reals.features[:, None] == features).all(dim=2)  # image asked about, image of the batch
    expect(
        bool(same.any(dim=1).all() and same.any(dim=0).all()),
        "The discriminator was not asked about the real images of its batch, each of them as it "
        "came.",
    )
    expect(
        torch.equal(reals.asked, labels[same.int().argmax(dim=1)]),
        "The real images are judged under other labels than their own.",
    )


def expect_discriminator_loss(reals: Pulls, fakes: Pulls) -> None:
    """Raise a fault unless these are the pulls of the discriminator's loss in one step."""
    expect(bool((reals.pull < 0).all()), SWAPPED)
    expect(len(fakes) > 0, "The discriminator's loss leaves the fakes out.")
    expect(bool((fakes.pull > 0).all()), SWAPPED)
    counts = torch.tensor([len(reals)] * len(reals) + [len(fakes)] * len(fakes))
    pull = torch.cat([-torch.sigmoid(-reals.logit), torch.sigmoid(fakes.logit)])
    expect_close(
        counts * torch.cat([reals.pull, fakes.pull]),
        pull / 2,
        {
            "The discriminator's loss is not halved: it is the mean of two.": pull,
            "The discriminator's loss is a sum over the batch: take the mean.": counts * pull / 2,
        },
        "The discriminator's step is not on its loss: half the sum of the mean cross-entropies "
        "of real → 1 and fake → 0.",
    )


def expect_generator_loss(fakes: Pulls) -> None:
    """Raise a fault unless these are the pulls of the generator's loss in one step."""
    expect(
        len(fakes) > 0,
        "The generator's optimizer steps without a fresh gradient of the generator's loss, "
        "fake → 1: is it the right optimizer, after backward()?",
    )
    up, down, count = -torch.sigmoid(-fakes.logit), torch.sigmoid(fakes.logit), len(fakes)
    expect_close(
        fakes.pull * count,
        up,
        {
            TARGETS_OF_0: down,
            SATURATING: -down,
            "The generator's loss is halved: it has one term only.": up / 2,
            "The generator's loss is a sum over the batch: take the mean.": up * count,
        },
        "The generator's step is not on its loss, the mean cross-entropy of fake → 1.",
    )

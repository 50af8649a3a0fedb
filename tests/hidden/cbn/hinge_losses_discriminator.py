"""Hidden test of exercise hinge-losses/discriminator: cases, keys and the hidden criterion."""

import torch
import torch.nn.functional as F

from course_utils.evidence import Evidence
from course_utils.exercises.cbn.hinge_losses_discriminator import MISTAKES
from course_utils.judging import Sheet
from hidden.common import RULES, all_differ, exact_gradients, expect_single, integer


def draw(generator: torch.Generator) -> Evidence:
    case = _some_logits(generator)
    while not (_margins_matter(case) and all_differ(solve(case), "loss", *MISTAKES.values())):
        case = _some_logits(generator)
    return case


def _margins_matter(case: Evidence) -> bool:
    """Whether both batches lie on all sides of ±1, and the first of each costs something.

    Without any relu the loss is positive, so that one relu around all of it changes nothing.
    """
    real, fake = case["real"], case["fake"]
    costs = bool(real[0] < 0.9 and fake[0] > -0.9 and (1 - real).mean() + (1 + fake).mean() > 0.1)
    return costs and on_all_sides(real) and on_all_sides(fake)


def on_all_sides(logits: torch.Tensor) -> bool:
    """Whether some logits are below -1, some between and some above 1, and none is at a corner."""
    sides = (logits < -1).any() & (logits.abs() < 1).any() & (logits > 1).any()
    return bool(sides & ((logits.abs() - 1).abs() > 0.05).all())


def _some_logits(generator: torch.Generator) -> Evidence:
    real, fake = integer(generator, 4, 5), integer(generator, 6, 9)
    beyond = torch.rand(real + fake, 1, generator=generator)
    return {
        "seed": integer(generator, 0, 10**6),
        "real": 2 * torch.randn(real, 1, generator=generator) + 1,
        "fake": 2 * torch.randn(fake, 1, generator=generator) - 1,
        "beyond real": 1.1 + 3 * beyond[:real],
        "beyond fake": -1.1 - 3 * beyond[real:],
    }


def hinge(rest: torch.Tensor) -> torch.Tensor:
    return rest.relu().mean()


def loss(real: torch.Tensor, fake: torch.Tensor) -> torch.Tensor:
    return hinge(1 - real) + hinge(1 + fake)


def solve(case: Evidence) -> Evidence:
    real, fake = case["real"], case["fake"]
    right = loss(real, fake)
    entropies = F.softplus(-real).mean() + F.softplus(fake).mean()
    gradient = exact_gradients(loss, real, fake)
    of_real = torch.arange(len(gradient)) < len(real)
    return {
        "loss": right,
        "halved": right / 2,
        "concatenated": hinge(torch.cat([1 - real, 1 + fake])),
        "sum": (1 - real).relu().sum() + (1 + fake).relu().sum(),
        "swapped": loss(fake, real),
        "both up": loss(real, -fake),
        "both down": loss(-real, fake),
        "no relu": (1 - real).mean() + (1 + fake).mean(),
        "relu of means": loss(real.mean(), fake.mean()),
        "no margin": hinge(-real) + hinge(fake),
        "turned": hinge(real - 1) + hinge(-1 - fake),
        "negative": -right,
        "only real": hinge(1 - real),
        "only fake": hinge(1 + fake),
        "difference": hinge(1 - real) - hinge(1 + fake),
        "entropies": entropies,
        "half entropies": entropies / 2,
        "squares": (1 - real).relu().square().mean() + (1 + fake).relu().square().mean(),
        "softplus": F.softplus(1 - real).mean() + F.softplus(1 + fake).mean(),
        "sigmoid": loss(real.sigmoid(), fake.sigmoid()),
        "linear": fake.mean() - real.mean(),
        "gradient": gradient,
        "gradient real": gradient * of_real,
        "gradient fake": gradient * ~of_real,
        "far": loss(100 * real, 100 * fake),
        "single": loss(real[:1], fake[:1]),
    }


def extra(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    with sheet.criterion(RULES, points=1):
        sheet.tensor("loss")
        expect_single(sheet.tensor("single"), key["single"])
        sheet.tidy()

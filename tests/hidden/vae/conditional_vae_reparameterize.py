"""Hidden test of exercise conditional-vae/reparameterize: cases, keys and the hidden criterion."""

import torch

from course_utils.evidence import Evidence
from course_utils.faults import expect, expect_shape
from course_utils.judging import Sheet
from hidden.common import RULES, SQUEEZED
from hidden.vae.models import draw_model


def draw(generator: torch.Generator) -> Evidence:
    # Between mu = 1 and mu = 3 no number hides a mistake, and the largest std is below 4.5.
    case = draw_model(generator)
    shape = len(case["labels"]), case["latent_dim"]
    signs = torch.randint(2, (2, *shape), generator=generator) * 2 - 1
    signs[1, 0, :2] = torch.tensor([1, -1])
    sizes = 1 + 2 * torch.rand(2, *shape, generator=generator)
    mu, logvar = signs * sizes
    return {**case, "mu": mu, "logvar": logvar}


def solve(case: Evidence) -> Evidence:
    logvar = case["logvar"]
    return {
        "std": (logvar / 2).exp(),
        "std exp": logvar.exp(),
        "std logvar": logvar.abs(),
        "std inverse": (-logvar / 2).exp(),
        "std swapped": (case["mu"] / 2).exp(),
        "std none": torch.ones_like(logvar),
        "std fourth root": (logvar / 4).exp(),
        "std square": (2 * logvar).exp(),
    }


def extra(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    with sheet.criterion(RULES, points=1):
        single = sheet.tensor("single")
        latent_dim = case["latent_dim"]
        expect_shape(single, (1, latent_dim), {(latent_dim,): SQUEEZED})
        expect(bool(single.isfinite().all()), "z holds inf or nan for a batch of one.")
        sheet.tidy()

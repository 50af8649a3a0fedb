"""Hidden test of exercise inject-label: cases, keys and the hidden criterion."""

import torch

from course_utils.evidence import Evidence
from course_utils.faults import close, expect
from course_utils.judging import Sheet
from hidden.common import RULES, expect_single, integer


def draw(generator: torch.Generator) -> Evidence:
    batch, features = integer(generator, 3, 4), integer(generator, 2, 3)

    def normal(width: int) -> torch.Tensor:
        return torch.randn(batch, width, generator=generator)

    return {
        "seed": integer(generator, 0, 10**6),
        "h": normal(features),
        "e": normal(features),
        "pairs": normal(2 * features),
        "narrow": normal(features + 2),
    }


def solve(case: Evidence) -> Evidence:
    h, e, pairs, narrow = case["h"], case["e"], case["pairs"], case["narrow"]
    scale, shift = pairs.chunk(2, dim=1)
    ways = {
        "concat": lambda h, e: torch.cat([h, e], dim=1),
        "add": lambda h, e: h + e,
        "multiply": lambda h, e: h * e,
        "affine": lambda h, e: (1 + e[:, : h.shape[1]]) * h + e[:, h.shape[1] :],
    }
    codes = {"concat": narrow, "add": e, "multiply": e, "affine": pairs}
    key: Evidence = {how: way(h, codes[how]) for how, way in ways.items()}
    for how, way in ways.items():
        leaves = h.clone().requires_grad_(), codes[how].clone().requires_grad_()
        gradients = torch.autograd.grad(way(*leaves).square().sum(), leaves)
        key[f"{how} gradients"] = torch.cat(gradients, dim=1)
    return key | {
        "e first": torch.cat([narrow, h], dim=1),
        "plus one": (1 + e) * h,
        "no one": scale * h + shift,
        "swapped": (1 + shift) * h + scale,
        "alternate": (1 + pairs[:, ::2]) * h + pairs[:, 1::2],
        "shift scaled": (1 + scale) * (h + shift),
    }


def extra(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    with sheet.criterion(RULES, points=1):
        for how in ("concat", "add", "multiply", "affine"):
            single = sheet.tensor(f"{how} single")
            whole = sheet.tensor(how)
            expect(close(whole, key[how]), f"The value of {how!r} is wrong: see above.")
            expect_single(single, key[how][:1], repr(how))
        sheet.tidy()

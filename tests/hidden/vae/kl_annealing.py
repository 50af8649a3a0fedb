"""Hidden test of exercise kl-annealing: cases, keys and the hidden criterion."""

import math

import torch

from course_utils.evidence import Evidence
from course_utils.exercises.vae.kl_annealing import weight
from course_utils.faults import expect_close
from course_utils.judging import Sheet
from hidden.common import integer


def draw(generator: torch.Generator) -> Evidence:
    large_warmup = integer(generator, 1000, 3000)
    return {
        "seed": integer(generator, 0, 10**6),
        "warmup_steps": integer(generator, 6, 9),
        "final": integer(generator, 25, 75) / 100,
        "large_warmup": large_warmup,
        "large_step": integer(generator, large_warmup // 2, large_warmup - 100),
        "large_final": integer(generator, 25, 45) / 10,
    }


def _ramps(warmup: int, final: float) -> dict[str, torch.Tensor]:
    """The weights of the steps before ``warmup``, right ("") and with known mistakes."""
    steps = torch.arange(warmup).double()
    share = steps / warmup
    return {
        "": final * share,
        "jump": 0 * share,
        "constant": 0 * share + final,
        "falling": final * (1 - share),
        "early": final * (steps + 1) / warmup,
        "late": final * (steps - 1).clamp(min=0) / warmup,
        "short": final * steps / (warmup - 1),
        "long": final * steps / (warmup + 1),
        "cosine": final * (1 - torch.cos(math.pi * share)) / 2,
        "square": final * share**2,
        "without final": share,
        "cut off": share.clamp(max=final),
    }


def solve(case: Evidence) -> Evidence:
    warmup, final = case["warmup_steps"], case["final"]
    return {
        f"{way} {mistake}".strip(): values.float()
        for way, last in (("default", 1.0), ("final", final))
        for mistake, values in _ramps(warmup, last).items()
    } | {"large": case["large_final"] * case["large_step"] / case["large_warmup"]}


def extra(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    with sheet.criterion("a warm-up of one step and one of thousands, no print", points=1):
        short = "A warm-up of one step is wrong: 0 at step 0, final at step 1."
        expect_close(weight(sheet, "one step 0"), 0.0, {}, short)
        expect_close(weight(sheet, "one step 1"), case["final"], {}, short)
        expect_close(
            weight(sheet, "large"),
            key["large"],
            {
                "The weight is kept at 1 or below: `final` may be larger.": 1.0,
                "`final` is not in the formula.": key["large"] / case["large_final"],
            },
            "The weight is wrong for a long warm-up to a `final` above 1.",
        )
        sheet.tidy()

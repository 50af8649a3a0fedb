"""Hidden test of exercise conditional-vae/forward: cases, keys and the hidden criterion."""

import torch

from course_utils.evidence import Evidence
from course_utils.faults import expect, expect_shape
from course_utils.judging import Sheet
from hidden.common import RULES, SQUEEZED
from hidden.vae.models import draw_model


def draw(generator: torch.Generator) -> Evidence:
    case = draw_model(generator)
    return {**case, "x": torch.rand(len(case["labels"]), case["input_dim"], generator=generator)}


def solve(case: Evidence) -> Evidence:
    return {}  # the contract leaves the weights open: the judge compares answers with each other


def extra(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    with sheet.criterion(RULES, points=1):
        sheet.tensor("fresh.0")
        sheet.tidy()
        # Where batch statistics are taken nothing is promised for one sample.
        if "Expected more than 1 value" not in sheet.error("alone"):
            for index, size in enumerate((case["input_dim"], *[case["latent_dim"]] * 2)):
                result = sheet.tensor(f"alone.{index}")
                expect_shape(result, (1, size), {(size,): SQUEEZED})
                finite = "With one sample the result holds inf or nan."
                expect(bool(result.isfinite().all()), finite)
        pair = sheet.tensor("pair")
        expect_shape(pair, (2, case["input_dim"]))
        expect(bool(pair.isfinite().all()), "In train mode a batch of two gives inf or nan.")

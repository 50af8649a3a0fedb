"""Hidden test of exercise cvae-step: cases, keys and the hidden criterion."""

import torch
import torch.nn.functional as F

from course_utils.evidence import Evidence
from course_utils.exercises.steps import flat
from course_utils.exercises.vae.cvae_step import step_judge
from course_utils.exercises.vae.spy import SpyVAE
from course_utils.judging import Sheet
from hidden.common import RULES, integer, some_labels

WIDTH = 7  # of the rows that the images repeat


def draw(generator: torch.Generator) -> Evidence:
    num_classes, latent_dim = integer(generator, 3, 4), integer(generator, 2, 3)
    batch = num_classes + integer(generator, 1, 2)

    def small(*size: int) -> torch.Tensor:
        return 0.8 * torch.randn(size, generator=generator).tanh()

    labels = some_labels(generator, batch, num_classes)
    while torch.equal(labels, labels.flip(0)):  # a wrong order of the labels has to show
        labels = some_labels(generator, batch, num_classes)
    return {
        "seed": integer(generator, 0, 10**6),
        "rows": torch.rand(batch, WIDTH, generator=generator),
        "labels": labels,
        "encoder": small(WIDTH, 2 * latent_dim),
        "encoder table": small(num_classes, 2 * latent_dim),
        "decoder": small(latent_dim, WIDTH) / 2,
        "decoder table": small(num_classes, WIDTH),
        "kl_weight": integer(generator, 5, 8) / 2,
        "lr": 1e-3,
        "momentum": 0.9,
    }


def solve(case: Evidence) -> Evidence:
    # The draws are the answer's own: the judge recomputes from what the spy saw.
    codes = F.one_hot(case["labels"], len(case["decoder table"])).float()
    return {"model": flat(SpyVAE(case)), "codes": codes}


def extra(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    steps = step_judge(case, key, sheet)
    with sheet.criterion(RULES, points=1):
        steps.expect_loss("single")
        steps.expect_step("single")
        sheet.tidy()

"""What the hidden tests with a judge share: a judge, images that it is sure about, what it sees."""

import torch

from course_utils.evidence import Evidence

MARGIN = 0.05  # by so much the largest logit leads: rounding changes no class


def draw_judge(generator: torch.Generator, num_classes: int) -> Evidence:
    """The parameters of a judge; the bias makes it matter how bright an image is as a whole."""
    return {
        "weight": 2 * torch.randn(num_classes, 4, generator=generator),
        "bias": torch.randn(num_classes, generator=generator),
    }


def draw_pixels(
    generator: torch.Generator, judge: Evidence, count: int, never: list[int] | None = None
) -> torch.Tensor:
    """Pixels in [-1, 1], `(count, 4)`, in which the judge sees no class out of ``never``.

    They may be fewer than ``count``, if the judge hardly sees anything else.
    """
    pixels = torch.rand(20 * count, 4, generator=generator) * 2 - 1
    lead = logits_of(judge, pixels).topk(2).values.diff().squeeze(1).abs()
    seen = seen_in(judge, pixels)
    wanted = ~torch.isin(seen, torch.tensor(never or [-1]))
    return pixels[(lead > MARGIN) & wanted][:count]


def logits_of(case: Evidence, pixels: torch.Tensor) -> torch.Tensor:
    """The logits of the case's judge in eval mode, with doubles."""
    return pixels.double() @ case["weight"].double().T + case["bias"].double()


def seen_in(case: Evidence, pixels: torch.Tensor) -> torch.Tensor:
    """The class that the case's judge sees in each image."""
    return logits_of(case, pixels).argmax(dim=1)

"""Hidden test of exercise adain: cases, keys and the hidden criterion."""

import torch
from torch import Tensor

from course_utils.evidence import Evidence
from course_utils.exercises.cbn.adain import MISTAKES
from course_utils.judging import Sheet
from hidden.common import RULES, exact_gradients, expect_single, integer, mistakes_show

PIXELS = (2, 3)  # the dimensions of the statistics
EPS = 1e-5


def draw(generator: torch.Generator) -> Evidence:
    case = _some_images(generator)
    while not _mistakes_show(case):
        case = _some_images(generator)
    return case


def _mistakes_show(case: Evidence) -> bool:
    """Whether eps hardly matters in x, and no mistake gives the right value by chance."""
    key, x = solve(case), case["x"]
    narrowest = x.var(dim=PIXELS, correction=0).min()
    return (
        bool(narrowest > 0.25)
        and mistakes_show(key, "out", *MISTAKES.values())
        and mistakes_show(key, "tiny", "tiny outside", "tiny none")
        and mistakes_show(key, "eps", "eps outside", "out")
        and mistakes_show(
            key, "gradient", "gradient statistics", "gradient mean", "gradient variance"
        )
    )


def _some_images(generator: torch.Generator) -> Evidence:
    sizes = (torch.randperm(4, generator=generator) + 2).tolist()  # all different
    batch, features = sizes[:2]

    def normal(*size: int) -> Tensor:
        return torch.randn(*size, generator=generator)

    means, stds = 1.5 * normal(batch, features, 1, 1), 1 + normal(batch, features, 1, 1).abs()
    # All-equal pixels whose mean is exact, also with other orders of summation.
    quarters = torch.randint(-1, 2, (batch, features, 1, 1), generator=generator) / 4
    return {
        "seed": integer(generator, 0, 10**6),
        "x": means + stds * normal(*sizes),
        "scale": 1.5 * normal(batch, features),
        "shift": normal(batch, features),
        "eps": integer(generator, 4, 8) / 8,
        "tiny": 1e-3 * normal(*sizes),
        "constant": quarters.expand(*sizes).clone(),
        "weights": normal(*sizes),
    }


def wide(code: Tensor) -> Tensor:
    """A code (B, F) as (B, F, 1, 1)."""
    return code[:, :, None, None]


def normalized(
    x: Tensor, eps: float = EPS, dims: tuple[int, ...] = PIXELS, correction: int = 0
) -> Tensor:
    """``x`` normalized over ``dims``, with this correction of the variance."""
    var = x.var(dim=dims, correction=correction, keepdim=True)
    return (x - x.mean(dim=dims, keepdim=True)) / (var + eps).sqrt()


def adain(x: Tensor, scale: Tensor, shift: Tensor, eps: float = EPS) -> Tensor:
    return wide(scale) * normalized(x, eps) + wide(shift)


def solve(case: Evidence) -> Evidence:
    x, scale, shift = inputs = case["x"], case["scale"], case["shift"]
    mean, std = x.mean(dim=PIXELS, keepdim=True), x.std(dim=PIXELS, correction=0, keepdim=True)
    tiny, plain = case["tiny"], normalized(x)
    tiny_std = tiny.std(dim=PIXELS, correction=0, keepdim=True)
    tiny_rest = tiny - tiny.mean(dim=PIXELS, keepdim=True)

    def affine(x: Tensor) -> Tensor:
        return wide(scale) * x + wide(shift)

    return {
        "out": affine(plain),
        "unbiased": affine(normalized(x, correction=1)),
        "batch": affine(normalized(x, dims=(0, 2, 3))),
        "layer": affine(normalized(x, dims=(1, 2, 3))),
        "global": affine(normalized(x, dims=(0, 1, 2, 3))),
        "pixel": affine(normalized(x, dims=(1,))),
        "height": affine(normalized(x, dims=(2,))),
        "width": affine(normalized(x, dims=(3,))),
        "one plus": affine(plain) + plain,
        "swapped": wide(shift) * plain + wide(scale),
        "variance": affine((x - mean) / std**2),
        "multiplied": affine((x - mean) * std),
        "shift first": wide(scale) * (plain + wide(shift)),
        "first": wide(scale[:1]) * plain + wide(shift[:1]),
        "averaged": wide(scale.mean(0, keepdim=True)) * plain + wide(shift.mean(0, keepdim=True)),
        "not centred": affine(x / std),
        "not divided": affine(x - mean),
        "film": affine(x),
        "plain": plain,
        "no shift": wide(scale) * plain,
        "no scale": plain + wide(shift),
        "minus shift": wide(scale) * plain - wide(shift),
        "tiny": affine(normalized(tiny)),
        "tiny outside": affine(tiny_rest / (tiny_std + EPS)),
        "tiny none": affine(tiny_rest / tiny_std),
        "eps": affine(normalized(x, case["eps"])),
        "eps outside": affine((x - mean) / (std + case["eps"])),
        "constant": wide(shift).expand_as(x).clone(),
        "single": affine(plain)[:1],
        **_gradients(case, *inputs),
    }


def _gradients(case: Evidence, *inputs: Tensor) -> Evidence:
    """The gradients of the weighted sum, right and with statistics that are cut off."""

    def gradient(mean_of: Tensor | None = None, var_of: Tensor | None = None) -> Tensor:
        def weighted(x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
            mean = (x if mean_of is None else mean_of).mean(dim=PIXELS, keepdim=True)
            var = (x if var_of is None else var_of).var(dim=PIXELS, correction=0, keepdim=True)
            out = wide(scale) * (x - mean) / (var + EPS).sqrt() + wide(shift)
            return out * case["weights"].double()

        return exact_gradients(weighted, *inputs)

    cut = inputs[0].double()
    return {
        "gradient": gradient(),
        "gradient statistics": gradient(mean_of=cut, var_of=cut),
        "gradient mean": gradient(mean_of=cut),
        "gradient variance": gradient(var_of=cut),
    }


def extra(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    with sheet.criterion(RULES, points=1):
        sheet.tensor("out")
        expect_single(sheet.tensor("single"), key["single"])
        sheet.tidy()

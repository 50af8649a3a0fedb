"""How the reconstructions of a conditional VAE spread, beside what its own decoder makes of z.

`forward` draws z by a random call that nobody knows, and need not call the other methods. So two
images are reconstructed many times, and the mean and the variance of each pixel are compared with
those of images that `decode` makes of known z: of right ones, and of those that mistakes draw.
The draw whose means and variances both fit says what `forward` does.

With fresh weights logvar is near 0, where variance and standard deviation are alike, and so are
samples and plain noise. `narrow` brings it near -6 first, by one parameter that leaves mu alone.
"""

import math
from collections.abc import Callable

import torch
from torch import nn
from torch.distributions import Normal

from course_utils.evidence import Evidence, Recorder
from course_utils.exercises.networks import learning
from course_utils.exercises.vae.models import Half, codes_of
from course_utils.faults import Fault, expect
from course_utils.judging import Sheet

REPEATS = 300
TARGET, SLACK = -6.0, 2  # logvar is from -8 to -4 where that can be had
SIGMAS = 6.5

RIGHT = ("right", "own")
MISPLACED = {
    "no label": "decode gets the right z and no label: hand it the one-hot labels that "
    "encode gets.",
    "first label": "decode gets the label of the first sample for the whole batch.",
    "swapped": "z lies around logvar, not around mu: reparameterize(mu, logvar), and decode gets "
    "what it returns.",
    "plain": "z is plain noise, whatever mu and logvar are: it is mu + exp(logvar / 2) · ε.",
}
SPREAD_WRONG = {
    "swapped": MISPLACED["swapped"],
    "plain": MISPLACED["plain"],
    "unit": "z is mu + ε, whatever logvar is: it is mu + exp(logvar / 2) · ε.",
    "variance": "z spreads by exp(logvar), the variance: the standard deviation is its root.",
    "one number": "One ε for all numbers of a z: draw latent_dim of them, torch.randn_like(mu).",
}

WRONG = (*MISPLACED, *SPREAD_WRONG)
ELSEWHERE = {
    "no mu": "mu is missing: z is mu + exp(logvar / 2) · ε, and what decode gets lies around 0.",
    "logvar": "decode gets logvar itself: it takes z = mu + exp(logvar / 2) · ε.",
    "flipped labels": "decode gets the labels in another order than the samples.",
}
"""What is looked for only if nothing else fits."""


def narrow(encoder: nn.Module, x: torch.Tensor, labels: torch.Tensor) -> None:
    """Bring logvar near TARGET, as far as one parameter does that leaves mu alone."""
    for _, p in learning(encoder):
        if _narrow_by(p, encoder, x, labels):
            return


def _narrow_by(p: nn.Parameter, encoder: nn.Module, x: torch.Tensor, labels: torch.Tensor) -> bool:
    """Whether Polyak's steps of ``p`` did all that can be done; they end where mu moves."""
    own_mu, logvar = encoder(x.clone(), labels.clone()).unbind(dim=1)
    for _ in range(20):
        excess = (logvar - TARGET).abs().sub(SLACK).relu().sum()
        if excess == 0 or not excess.requires_grad:
            return True
        gradient = torch.autograd.grad(excess, p, materialize_grads=True)[0].to_dense()
        if not gradient.any():
            return False
        before = p.detach().clone()
        with torch.no_grad():
            p.sub_(gradient * (excess / gradient.square().sum()))
        mu, logvar = encoder(x.clone(), labels.clone()).unbind(dim=1)
        if not torch.equal(mu, own_mu) or not logvar.isfinite().all():
            with torch.no_grad():
                p.copy_(before)
            return False
    return False


def run_spread(
    run: Recorder, vae: nn.Module, x: torch.Tensor, labels: torch.Tensor, case: Evidence
) -> None:
    """Record the `_statistics` of ``forward`` as "spread", those of known draws as "spread NAME".

    "own" are draws of the model's ``reparameterize``, which is marked elsewhere.
    """
    codes = codes_of(labels, case)
    with torch.no_grad():
        pair = run("mu and logvar", Half(vae, "encode", case), x, labels)
    if pair is None:
        return
    mu, logvar = (half.repeat(REPEATS, 1) for half in pair.unbind(dim=1))
    std = (logvar / 2).exp()
    right = Normal(mu, std).sample
    draws: dict[str, tuple[Callable[[], torch.Tensor], torch.Tensor]] = {
        "right": (right, codes),
        "own": (lambda: vae.reparameterize(mu.clone(), logvar.clone()), codes),
        "no label": (right, torch.zeros_like(codes)),
        "first label": (right, codes[:1].expand_as(codes)),
        "swapped": (Normal(logvar, (mu / 2).exp()).sample, codes),
        "plain": (lambda: torch.randn_like(mu), codes),
        "unit": (Normal(mu, 1).sample, codes),
        "variance": (Normal(mu, logvar.exp()).sample, codes),
        "one number": (lambda: mu + std * torch.randn(len(mu), 1), codes),
        "no mu": (Normal(0 * mu, std).sample, codes),
        "logvar": (lambda: logvar, codes),
        "flipped labels": (right, codes.flip(0)),
    }
    run("spread", lambda: _statistics(vae(x.repeat(REPEATS, 1), labels.repeat(REPEATS))[0]))
    for name, (draw, own) in draws.items():
        run(
            f"spread {name}",
            lambda draw=draw, own=own: _statistics(vae.decode(draw(), own.repeat(REPEATS, 1))),
        )


@torch.no_grad()
def _statistics(reconstructions: torch.Tensor) -> torch.Tensor:
    """Each pixel's mean and variance over the repeats, and the variance of either estimate.

    Of shape (4, images, pixels).
    """
    pixels = reconstructions.double().unflatten(0, (REPEATS, -1))
    variance, mean = torch.var_mean(pixels, dim=0)
    squares = (pixels - mean).square().var(dim=0)
    return torch.stack([mean, variance, variance / REPEATS, squares / REPEATS])


def varies(sheet: Sheet) -> bool:
    """Whether the reconstructions of one image differ within a call, beyond rounding."""
    return bool(_found(sheet)[1].max() > 1e-10)


def expect_place(sheet: Sheet) -> None:
    """Raise a fault unless ``decode`` gets a z near mu, however it spreads, and the right label."""
    draw = _recognize(sheet)
    expect(draw not in MISPLACED, MISPLACED.get(draw, ""))
    if draw == "" and not _is_near_mu(sheet):
        draw = _nearest(sheet, tuple(ELSEWHERE))
        expect(draw not in ELSEWHERE, ELSEWHERE.get(draw, ""))
        raise Fault(
            "The reconstruction is not decode(z, labels_onehot) of a z around mu: which z, and "
            "which labels, does decode get?"
        )


def expect_spread(sheet: Sheet) -> None:
    """Raise a fault unless z spreads by exp(logvar / 2), whatever label ``decode`` gets."""
    draw = _recognize(sheet)
    expect(draw not in SPREAD_WRONG, SPREAD_WRONG.get(draw, ""))
    if draw == "":
        hidden = "How z spreads cannot be seen: the reconstruction is not decode's of a z near mu."
        expect(_is_near_mu(sheet), hidden)
        wider = _found(sheet)[1].sum() > sheet.tensor("spread right")[1].sum()
        more, large = ("more", "large") if wider else ("less", "small")
        raise Fault(
            f"The reconstruction varies {more} than z = mu + exp(logvar / 2) · ε makes: std, or ε, "
            f"is too {large}."
        )


def _found(sheet: Sheet) -> torch.Tensor:
    for name in ("mu and logvar", "spread right"):
        sheet.tensor(name)
    return sheet.tensor("spread")


def _recognize(sheet: Sheet) -> str:
    """The draw whose means and variances are those of ``forward``: a right one, the best, or ''."""
    return _nearest(sheet, RIGHT[:1]) or _nearest(sheet, RIGHT[1:]) or _nearest(sheet, WRONG)


def _nearest(sheet: Sheet, names: tuple[str, ...]) -> str:
    """Which of these draws has means and variances that fit best, or '' if none fits."""
    found = _found(sheet)
    far = {name: _distance(found, sheet.evidence.get(f"spread {name}")) for name in names}
    best = min(far, key=far.get)
    return best if far[best] <= SIGMAS else ""


def _distance(found: torch.Tensor, other: object) -> float:
    """How many of their errors the means and variances differ by, at most.

    These are 576 nearly normal numbers at most: right ones reach SIGMAS less than once in 10^7
    times.
    """
    if not isinstance(other, torch.Tensor) or other.shape != found.shape:
        return math.inf
    # Where batch statistics are taken one image's noise reaches the others: the largest counts.
    errors = (found[2:] + other[2:]).amax(dim=1, keepdim=True).sqrt()
    rounding = torch.tensor([1e-7, 1e-10]).view(2, 1, 1)
    return ((found[:2] - other[:2]).abs() / (errors + rounding)).nan_to_num(math.inf).max().item()


def _is_near_mu(sheet: Sheet) -> bool:
    """Whether the means are those of z near mu, though its spread is unknown.

    Means of many z lie within one deviation of each other. One z for all has its own deviation.
    """
    found, right = _found(sheet), sheet.tensor("spread right")
    deviation = (found[1] + right[1]).amax(dim=0).sqrt()
    bound = (1 if varies(sheet) else SIGMAS) * deviation + 1e-6
    return bool(((found[0] - right[0]).abs() <= bound).all())

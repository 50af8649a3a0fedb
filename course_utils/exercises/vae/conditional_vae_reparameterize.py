"""Exercise conditional-vae/reparameterize: a sample of z through which gradients flow."""

from collections.abc import Callable

import torch
from torch import nn

from course_utils.evidence import Evidence, Recorder
from course_utils.exercises.draws import expect_normal
from course_utils.exercises.vae.models import build
from course_utils.faults import Fault, close, expect, expect_close, expect_dtype, expect_shape
from course_utils.judging import Criterion, Sheet

HINTS = (
    "Each number of z is drawn from a normal distribution of its own: where does it say how wide "
    "that is? Mind what logvar is: not the standard deviation, and not the variance.",
    "Draw noise of the shape and on the device of mu, from N(0, I). Then stretch and shift it, "
    "with operations that gradients flow through; that is the whole trick. It is the same in train "
    "and in eval mode.",
    "The standard deviation is the root of the variance: `std = torch.exp(0.5 * logvar)`. "
    "`torch.randn_like(mu)` is the noise; return mu plus std times the noise.",
)

ADVICE = {
    "must match the size of tensor": "ε has the shape of mu, whatever the batch: "
    "torch.randn_like(mu).",
}
"""What errors mean here: part of their text -> a sentence."""

REPEATS = 400  # the case's mu and logvar come so often where the spread is judged
NOISES = 3000  # so many rows of ε that a few numbers beyond 3 are certain
PAIRS = 100  # calls for two samples


def probe(answer: Callable, case: Evidence) -> Evidence:
    mu, logvar = case["mu"], case["logvar"]
    run = Recorder(case["seed"])
    vae = run("model", build, answer, case)

    def sample(mu: torch.Tensor, logvar: torch.Tensor) -> torch.Tensor:
        return vae.reparameterize(mu, logvar)

    run("z", sample, mu, logvar)
    run("many", sample, mu.repeat(REPEATS, 1), logvar.repeat(REPEATS, 1))
    run("sure", sample, mu, torch.full_like(logvar, -80))
    noise = torch.zeros(NOISES, mu.shape[1])
    run("noise", sample, noise, noise)
    run("pairs", _pairs, sample, mu[:2], logvar[:2])
    run("gradients", lambda: _gradients(sample, mu, logvar))
    run("single", sample, mu[:1], logvar[:1])
    if isinstance(vae, nn.Module):
        run("eval", lambda: vae.eval())
        for name in ("first in eval", "second in eval"):
            run(name, sample, mu, logvar)
        run("still in eval", lambda: not vae.training)
    run.on_devices(
        "z", lambda to: to(build(answer, case)).reparameterize(to(mu), to(logvar)).detach()
    )
    return run.evidence


def _pairs(sample: Callable, mu: torch.Tensor, logvar: torch.Tensor) -> torch.Tensor:
    """z of many calls for the same two samples: (PAIRS, 2, latent_dim)."""
    return torch.stack([sample(mu.clone(), logvar.clone()) for _ in range(PAIRS)])


def _gradients(sample: Callable, mu: torch.Tensor, logvar: torch.Tensor) -> torch.Tensor:
    """z, and the gradients of its sum in mu and in logvar."""
    leaves = mu.clone().requires_grad_(), logvar.clone().requires_grad_()
    z = sample(*(leaf * 1 for leaf in leaves))
    if not z.requires_grad:
        return torch.stack([z, torch.zeros_like(mu), torch.zeros_like(mu)])
    gradients = torch.autograd.grad(z.sum(), leaves, materialize_grads=True)
    return torch.stack([z.detach(), *gradients])


def judge(case: Evidence, key: Evidence, evidence: Evidence) -> list[Criterion]:
    sheet = Sheet(evidence, ADVICE)
    with sheet.criterion("z of the shape of mu", points=1):
        _z(case, sheet, "z")
    with sheet.criterion("around mu, with standard deviation exp(logvar / 2)", points=2):
        repeats = _repeats(case, sheet)
        _expect_noise(case, key, repeats)
        _expect_spread(key, repeats)
        _expect_place(case, _z(case, sheet, "sure"))
    with sheet.criterion("a fresh ε for each number and call, also in eval mode", points=2):
        _expect_fresh(case, key, sheet)
    with sheet.criterion("ε ~ N(0, I)", points=1):
        _z(case, sheet, "z")
        noise = sheet.tensor("noise")
        expect_shape(noise, (NOISES, case["latent_dim"]))
        own = "Each number needs an ε of its own: only then its distribution shows."
        expect(bool(noise.std(dim=0).max() > 0), own)
        try:
            expect_normal(noise)
        except Fault as fault:
            given = f"Where mu and logvar are 0, z is ε. {fault.message}"
            raise Fault(given, fault.expected, fault.received) from fault
    with sheet.criterion("gradients reach mu and logvar", points=2):
        _expect_gradients(case, sheet)
    sheet.gpu("z", advice="draw ε on the device of mu: torch.randn_like(mu).")
    return sheet.criteria


def _z(case: Evidence, sheet: Sheet, name: str, repeats: int = 1) -> torch.Tensor:
    """The z that the call ``name`` returned, one row for each row of mu."""
    sheet.expect_no_error("model")
    rows, latent_dim = len(case["mu"]), case["latent_dim"]
    kind = sheet.evidence.get(f"{name}.type")
    expect(kind != "tuple", "It returned a tuple: return z alone.", "a tensor", "a tuple")
    z = sheet.tensor(name)
    several = "The noise made z larger than mu: ε has the shape of mu, torch.randn_like(mu)."
    shape = repeats * rows, latent_dim
    expect_shape(z, shape, {tuple(z.shape): several} if z.numel() > repeats * rows else None)
    expect_dtype(z, torch.float32, "z is not float32, as mu is.")
    expect(bool(z.isfinite().all()), "z holds inf or nan.")
    return z


def _repeats(case: Evidence, sheet: Sheet) -> torch.Tensor:
    """Many samples for the same mu and logvar: (REPEATS, rows, latent_dim)."""
    return _z(case, sheet, "many", REPEATS).unflatten(0, (REPEATS, -1))


def _expect_place(case: Evidence, z: torch.Tensor) -> None:
    """Judge z for a standard deviation of 4e-18."""
    mistakes = {
        "With a tiny variance z is 0: mu is missing, or multiplied by std.": torch.zeros_like(z),
        "mu is subtracted: z lies around -mu.": -case["mu"],
        "mu is counted twice.": 2 * case["mu"],
        "The standard deviation is added to mu: only its product with ε is.": case["mu"],
    }
    wide = "With logvar = -80 the variance is next to 0, so z is mu; it is not."
    expect_close(z, case["mu"], mistakes, wide)


def _expect_noise(case: Evidence, key: Evidence, z: torch.Tensor) -> None:
    """Raise a fault unless samples for the same mu and logvar differ."""
    without = "z has no noise: std times ε is missing, ε = torch.randn_like(mu)."
    for sure in (case["mu"], case["mu"] + key["std"]):
        expect(not close(z[0], sure), without)
    one = "One ε for the whole batch: draw a row for each sample, torch.randn_like(mu)."
    expect(bool(z.std(dim=0).max() > 1e-6), one)


def _expect_spread(key: Evidence, z: torch.Tensor) -> None:
    """Judge the standard deviation of each number of z up to a common factor.

    The estimates have a relative error of 1 / sqrt(2 * 400) = 0.035 if ε is normal.
    """
    found = z.std(dim=0)
    mistakes = {
        "std is exp(logvar) here, and that is the variance: exp(logvar / 2) is its root.": "exp",
        "std is logvar here: take exp(logvar / 2).": "logvar",
        "std has the wrong sign of logvar: exp(logvar / 2) grows with it.": "inverse",
        "mu and logvar are swapped: reparameterize(self, mu, logvar).": "swapped",
        "logvar has no influence: std is exp(logvar / 2).": "none",
        "std is exp(logvar / 4) here: one root is enough, sqrt(exp(logvar)) or exp(logvar / 2).": (
            "fourth root"
        ),
        "std is exp(2 · logvar) here: the half goes into the exponent.": "square",
    }
    if _are_proportional(found, key["std"]):
        return
    for message, name in mistakes.items():
        expect(not _are_proportional(found, key[f"std {name}"]), message)
    raise Fault("The spread of z is not exp(logvar / 2).", key["std"][0], found[0])


def _are_proportional(found: torch.Tensor, expected: torch.Tensor) -> bool:
    # 35 ratios at most, each within a relative 0.035: 7 standard deviations to either side.
    ratios = found / expected
    return bool((ratios / ratios.median() - 1).abs().max() < 0.25)


def _expect_fresh(case: Evidence, key: Evidence, sheet: Sheet) -> None:
    repeats = _repeats(case, sheet)
    _expect_noise(case, key, repeats)
    noise = (repeats - case["mu"]) / key["std"]
    one = "One ε for all numbers of a sample: draw latent_dim of them, torch.randn_like(mu)."
    expect(bool(noise.std(dim=2).max() > 0.01 * noise.std()), one)
    sheet.expect_no_error("eval")
    first, second = (_z(case, sheet, name) for name in ("first in eval", "second in eval"))
    always = "In eval mode z is mu: sample there too, the mode makes no difference."
    expect(not close(first, case["mu"]), always)
    same = "Two calls gave the same z: draw ε in each call, and set no seed."
    expect(not close(first, second), same)
    expect(sheet.evidence.get("still in eval") is True, "It changes the mode of the model.")
    # P(|r| > 0.7) < 10^-14 for each of the 91 correlations at most of independent normal numbers.
    between = torch.corrcoef(sheet.tensor("pairs").flatten(1).double().T).nan_to_num()
    depend = "Two samples of a batch depend on each other: ε is not mirrored, nor normalized."
    expect(bool(between.fill_diagonal_(0).abs().max() < 0.7), depend)


def _expect_gradients(case: Evidence, sheet: Sheet) -> None:
    _z(case, sheet, "z")
    z, in_mu, in_logvar = sheet.tensor("gradients")
    expect(
        bool(in_mu.ne(0).any() or in_logvar.ne(0).any()),
        "No gradient flows through z: take out no_grad and detach. torch.normal(mu, std) and "
        ".sample() give none either; draw ε alone.",
    )
    one = "mu moves z one to one, so its gradient is 1: look for detach, or a factor on mu."
    expect(close(in_mu, torch.ones_like(z)), one)
    expect(
        bool(in_logvar.ne(0).any()),
        "No gradient reaches logvar: look for detach, no_grad or .data where std is computed.",
    )
    half = "The gradient in logvar is not ε · exp(logvar / 2) / 2: std is exp(logvar / 2)."
    expect(close(in_logvar, (z - case["mu"]) / 2), half)

"""Exercise conditional-vae/encode: from an image and its label to a distribution over z."""

from collections.abc import Callable

import torch
from torch import nn

from course_utils.evidence import Evidence, Recorder
from course_utils.exercises.networks import (
    GPU_ADVICE,
    VISIBLE,
    expect_own_label,
    expect_training,
    learning,
    output,
    run_copies,
    run_plainly,
    run_sweeps,
    run_training,
    sweep,
)
from course_utils.exercises.vae.models import ADVICE, SIZES, Half, build, codes_of
from course_utils.faults import close, expect, expect_shape
from course_utils.judging import Criterion, Sheet

__all__ = ["ADVICE", "HINTS", "judge", "probe"]

HINTS = (
    "Follow the shapes on paper: x is (B, input_dim), the one-hot labels are (B, num_classes). "
    "How wide are both side by side, and how many numbers describe a normal distribution in "
    "latent_dim dimensions?",
    "Make all layers in `__init__`, on `self`, and keep `latent_dim` and `num_classes` there. One "
    "hidden layer takes x and the one-hot labels together; two more layers follow it, one for mu "
    "and one for logvar. A logarithm of a variance may be negative, and so may a mean: is there an "
    "activation behind them?",
    "`h = F.relu(self.hidden(torch.cat([x, labels_onehot], dim=1)))`, where `self.hidden` has "
    "`input_dim + num_classes` inputs; then return `self.fc_mu(h), self.fc_logvar(h)`, each from "
    "`hidden_dim` to `latent_dim`.",
)

NAMES = ("mean", "log-variance")
STEPS = (1e3, 1e6)


def probe(answer: Callable, case: Evidence) -> Evidence:
    x, labels = case["x"], case["labels"]
    run = Recorder(case["seed"])
    vae = run("model", build, answer, case)
    run("eval", lambda: vae.eval())
    run("pair of codes", lambda x, codes: vae.encode(x, codes), x, codes_of(labels, case))
    run("default", lambda: _sizes(answer()))
    run("by name", lambda: _sizes(answer(**{name: case[name] for name in reversed(SIZES)})))
    run("sizes", lambda: _sizes(vae))
    big = torch.rand(3, 784), torch.eye(10)[:3]
    run("default codes", lambda: answer().eval().encode(*big))
    if not isinstance(vae, nn.Module):
        return run.evidence
    network = Half(vae, "encode", case)
    run_plainly(run, network, x, labels)
    run_sweeps(run, network, x, labels, case["num_classes"])
    run("reach", _reach, network, x, labels)
    run_training(run, network, x, labels)
    run("gradients in x", _gradients, network, x, labels)
    run_copies(run, network, lambda: Half(build(answer, case), "encode", case), x, labels)
    return run.evidence


def _sizes(vae: nn.Module) -> torch.Tensor:
    return torch.tensor([int(vae.latent_dim), int(vae.num_classes)])


@torch.no_grad()
def _reach(network: nn.Module, x: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """The lowest and highest mean, and log-variance, that long steps of one parameter give.

    Of shape (steps, 2, 2). Where the last layers are linear they grow with the step.
    """
    parameters = [p for _, p in learning(network)]
    directions = [torch.randn_like(p) for p in parameters]
    ends = []
    for step in STEPS:
        found = [network(x.clone(), labels.clone())]
        for p, direction in zip(parameters, directions, strict=True):
            old = p.clone()
            for sign in (1, -1):
                p.copy_(old + sign * step * direction)
                found.append(network(x.clone(), labels.clone()))
            p.copy_(old)
        halves = torch.cat(found).unbind(dim=1)
        ends.append(torch.stack([torch.stack(h[~h.isnan()].aminmax()) for h in halves]))
    return torch.stack(ends)


def _gradients(network: nn.Module, x: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """The gradients in x of the means, and of the log-variances: (2, B, input_dim)."""
    leaf = x.clone().requires_grad_()
    halves = network(leaf * 1, labels).unbind(dim=1)
    return torch.stack(
        [
            torch.autograd.grad(
                (half * torch.randn_like(half)).sum(),
                leaf,
                retain_graph=True,
                materialize_grads=True,
            )[0]
            for half in halves
        ]
    )


def judge(case: Evidence, key: Evidence, evidence: Evidence) -> list[Criterion]:
    sheet = Sheet(evidence, ADVICE)
    with sheet.criterion("mu and logvar, two functions, each (B, latent_dim)", points=1):
        _expect_pair(case, sheet)
        for index in range(2):
            shape = (len(case["labels"]), case["latent_dim"])
            codes = sheet.tensor(f"pair of codes.{index}")
            expect_shape(codes, shape, _wrong_shapes(case))
            expect(bool(codes.isfinite().all()), f"The {NAMES[index]} is inf or nan.")
        mean, log_variance = output(sheet, "own").unbind(dim=1)
        same = "mu and logvar are the same numbers: each needs a layer of its own."
        expect(not close(mean, log_variance), same)
    with sheet.criterion("made by position, by name and with defaults; keeps its sizes", points=1):
        _expect_constructor(case, sheet)
    with sheet.criterion("neither mu nor logvar is bounded", points=2):
        _expect_pair(case, sheet)
        for name, ends in zip(NAMES, output(sheet, "reach").unbind(dim=1), strict=True):
            _expect_unbounded(name, *ends)
    with sheet.criterion("both depend on the sample's own x", points=2):
        _expect_pair(case, sheet)
        for index, name in enumerate(NAMES):
            by_input = sweep(_half(sheet, index), "by input")
            expect(
                bool((by_input - by_input[:, :, :1]).abs().gt(VISIBLE).any()),
                f"All images of a batch get the same {name}. Is x used? Is it averaged over the "
                "batch?",
            )
    with sheet.criterion("both depend on the sample's own label", points=2):
        _expect_pair(case, sheet)
        for index, name in enumerate(NAMES):
            expect_own_label(_half(sheet, index), name)
    with sheet.criterion("every layer learns and is saved, gradients reach x", points=1):
        _expect_pair(case, sheet)
        expect_training(sheet, "x")
        for name, gradient in zip(NAMES, sheet.tensor("gradients in x"), strict=True):
            cut = f"No gradient of the {name} reaches x: is the hidden layer detached behind it?"
            expect(bool(gradient.ne(0).any()), cut)
    sheet.gpu("device", advice=GPU_ADVICE)
    return sheet.criteria


def _expect_pair(case: Evidence, sheet: Sheet) -> None:
    """Raise a fault unless ``encode`` returned two tensors of one shape."""
    sheet.expect_no_error("model")
    sheet.expect_no_error("pair of codes")
    kind = sheet.evidence.get("pair of codes.type", "NoneType")
    expect(kind != "NoneType", "It returned None: did you forget a return?", "(mu, logvar)", "None")
    two = "encode returns two tensors: return mu, logvar."
    expect("pair of codes.0.type" in sheet.evidence, two, "(mu, logvar)", f"a {kind}")
    expect("pair of codes.2.type" not in sheet.evidence, two, "two tensors", "more")
    mean, log_variance = (sheet.tensor(f"pair of codes.{index}") for index in range(2))
    expect_shape(log_variance, tuple(mean.shape), _wrong_shapes(case))


def _wrong_shapes(case: Evidence) -> dict[tuple[int, ...], str]:
    batch, latent_dim = len(case["labels"]), case["latent_dim"]
    return {
        (batch, 16): "latent_dim is not used: 16 is only its default.",
        (batch, case["hidden_dim"]): "The hidden layer is returned: a layer from hidden_dim to "
        "latent_dim is missing.",
        (batch, 2 * latent_dim): "Twice as many numbers as latent_dim: split them into mu and "
        "logvar, .chunk(2, dim=1).",
        (latent_dim,): "One distribution for the whole batch: each image gets its own.",
        (batch, 1): "One variance per image: each of the latent_dim dimensions has its own.",
        (2 * batch, latent_dim): "Twice as many rows as images: torch.cat goes along dim=1.",
    }


def _expect_constructor(case: Evidence, sheet: Sheet) -> None:
    _expect_pair(case, sheet)
    own = [case["latent_dim"], case["num_classes"]]
    order = "The order is latent_dim, num_classes, hidden_dim, input_dim; the first two are kept "
    order += "as self.latent_dim and self.num_classes."
    expect(sheet.tensor("sizes").tolist() == own, order, own, sheet.tensor("sizes").tolist())
    expect(sheet.tensor("by name").tolist() == own, order, own, sheet.tensor("by name").tolist())
    default = "The defaults are latent_dim=16, num_classes=10, hidden_dim=256, input_dim=784."
    expect(sheet.tensor("default").tolist() == [16, 10], default)
    sheet.expect_no_error("default codes")
    expect_shape(sheet.tensor("default codes.0"), (3, 16))


def _expect_unbounded(name: str, near: torch.Tensor, far: torch.Tensor) -> None:
    """Raise a fault unless the ends found by a longer step lie further out."""
    low, high = far.tolist()
    seen = "any number", f"{name}s from {low:.3g} to {high:.3g}"
    expect(
        low < 0 or high <= 0,
        f"The {name} is never negative: no ReLU, sigmoid, softplus or exp comes after its last "
        "layer. logvar is the logarithm of the variance, which has both signs.",
        *seen,
    )
    grown = (near[0] - far[0], far[1] - near[1])
    infinite = (far[0].isinf(), far[1].isinf())
    expect(
        all(bool(g > 1) or bool(i) for g, i in zip(grown, infinite, strict=True)),
        f"However large the weights, the {name} stays within bounds: nothing comes after its last "
        "layer, no tanh and no clamp.",
        *seen,
    )


def _half(sheet: Sheet, index: int) -> Sheet:
    """The sheet of only the means (0) or the log-variances (1): dimension -2 holds both."""
    evidence = {
        name: value[..., index, :]
        if isinstance(value, torch.Tensor) and value.dim() > 2 and value.shape[-2] == 2
        else value
        for name, value in sheet.evidence.items()
    }
    return Sheet(evidence, ADVICE)

"""Exercise conditional-vae/forward: encode, sample, decode."""

from collections.abc import Callable

import torch
from torch import nn

from course_utils.evidence import Evidence, Recorder
from course_utils.exercises.networks import (
    GPU_ADVICE,
    change_weights,
    expect_gradients,
    expect_mode_kept,
    noisy,
    run_copies,
    run_plainly,
    run_training,
    settle,
)
from course_utils.exercises.vae.models import ADVICE, Half, build
from course_utils.exercises.vae.spread import (
    expect_place,
    expect_spread,
    narrow,
    run_spread,
    varies,
)
from course_utils.faults import Fault, close, expect, expect_shape
from course_utils.judging import Criterion, Sheet

__all__ = ["ADVICE", "HINTS", "judge", "probe"]

HINTS = (
    "Three methods wait to be called, one after the other. What does each of them need, and what "
    "does the loss need back from you?",
    "`encode` and `decode` take one-hot labels, and you get plain ones: make them one-hot once, as "
    "float32 and `self.num_classes` wide, and hand them to both. What goes into `decode` is a "
    "sample, not mu.",
    "`labels_onehot = F.one_hot(labels, self.num_classes).float()`; "
    "`mu, logvar = self.encode(x, labels_onehot)`; `z = self.reparameterize(mu, logvar)`; then "
    "return `self.decode(z, labels_onehot), mu, logvar`.",
)


class Reconstruction(nn.Module):
    """The reconstruction of a conditional VAE, from the same random numbers in each call."""

    def __init__(self, vae: nn.Module) -> None:
        super().__init__()
        self.vae = vae

    def forward(self, x: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """The first of the three results."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return self.vae(x, labels)[0]


def probe(answer: Callable, case: Evidence) -> Evidence:
    x, labels = case["x"], case["labels"]
    run = Recorder(case["seed"])
    vae = run("model", build, answer, case)
    run("eval", lambda: vae.eval())
    run("fresh", lambda x, labels: vae(x, labels), x, labels)
    if not isinstance(vae, nn.Module):
        return run.evidence
    network, encoder = Reconstruction(vae), Half(vae, "encode", case)
    run_plainly(run, network, x, labels)
    run("change", change_weights, vae, noisy)
    run("settle", settle, vae, x, labels)
    run("result", vae, x, labels)
    run("repeat", vae, x, labels)
    run("alone", vae, x[:1], labels[:1])
    run("codes", encoder, x, labels)
    run("codes of first", encoder, x, labels[:1].expand_as(labels))
    run_training(run, network, x, labels)
    run_copies(run, network, lambda: Reconstruction(build(answer, case)), x, labels)
    run("eval again", lambda: vae.eval())
    run("narrow", narrow, encoder, x[:2], labels[:2])
    run_spread(run, vae, x[:2], labels[:2], case)
    return run.evidence


def judge(case: Evidence, key: Evidence, evidence: Evidence) -> list[Criterion]:
    sheet = Sheet(evidence, ADVICE)
    with sheet.criterion("(reconstruction, mu, logvar), of their shapes", points=1):
        _expect_shapes(case, sheet)
    with sheet.criterion("mu and logvar are those of encode, for the sample's label", points=2):
        _expect_shapes(case, sheet)
        _expect_codes(sheet)
    with sheet.criterion("the reconstruction is decode's, near mu, for the same label", points=2):
        _expect_shapes(case, sheet)
        expect_place(sheet)
    with sheet.criterion("it comes from a fresh sample, spread by exp(logvar / 2)", points=2):
        _expect_shapes(case, sheet)
        _expect_fresh(sheet)
        expect_spread(sheet)
    with sheet.criterion("gradients go through the sample into every layer and x", points=1):
        _expect_three(sheet)
        expect_gradients(sheet, "x")
        for index, name in ((1, "mu"), (2, "logvar")):
            cut = f"The {name} that is returned carries no gradient: return it without detach."
            expect(sheet.evidence.get(f"result.{index}.requires_grad") is True, cut)
        expect_mode_kept(sheet)
    sheet.gpu(
        "device", advice=f"one-hot labels belong on the device of the labels. Also, {GPU_ADVICE}"
    )
    return sheet.criteria


def _expect_three(sheet: Sheet) -> None:
    """Raise a fault unless ``forward`` returned three tensors."""
    for step in ("model", "eval", "fresh"):
        sheet.expect_no_error(step)
    kind = sheet.evidence.get("fresh.type", "NoneType")
    wanted = "(reconstruction, mu, logvar)"
    expect(kind != "NoneType", "It returned None: did you forget a return?", wanted, "None")
    three = "forward returns three tensors: return reconstruction, mu, logvar."
    count = sum(f"fresh.{index}.type" in sheet.evidence for index in range(5))
    expect(count > 0, three, wanted, f"a {kind}")
    expect(count == 3, three, "three tensors", f"{count}")
    for index in range(3):
        sheet.tensor(f"fresh.{index}")


def _expect_shapes(case: Evidence, sheet: Sheet) -> None:
    _expect_three(sheet)
    batch = len(case["labels"])
    image, code = (batch, case["input_dim"]), (batch, case["latent_dim"])
    shapes = [tuple(sheet.tensor(f"fresh.{index}").shape) for index in range(3)]
    order = "The order is reconstruction, mu, logvar."
    expect(sorted(shapes) != sorted([image, code, code]) or shapes[0] == image, order)
    for index, shape in enumerate((image, code, code)):
        result = sheet.tensor(f"fresh.{index}")
        expect_shape(result, shape)
        expect(bool(result.isfinite().all()), "The result holds inf or nan.")


def _expect_codes(sheet: Sheet) -> None:
    received = torch.stack([sheet.tensor("result.1"), sheet.tensor("result.2")], dim=1)
    encoded = sheet.tensor("codes")
    if close(received, encoded):
        return
    order = "mu and logvar are swapped: the order is reconstruction, mu, logvar."
    expect(not close(received, encoded.flip(1)), order)
    first = "The whole batch is encoded with the label of its first sample: look for [0] or [:1]."
    expect(not close(received, sheet.tensor("codes of first")), first)
    expect(
        not close(received[:, 0], encoded[:, 0]),
        "mu is that of encode(x, labels_onehot), and logvar is not: return the logvar that encode "
        "gives.",
    )
    expect(
        not close(received[:, 1], encoded[:, 1]),
        "logvar is that of encode(x, labels_onehot), and mu is not: return the mu that encode "
        "gives, not the sample z.",
    )
    raise Fault(
        "mu and logvar are not those of encode(x, labels_onehot): is it called with x, and with "
        "each sample's own label as a one-hot row?"
    )


def _expect_fresh(sheet: Sheet) -> None:
    varied = varies(sheet)
    same = close(sheet.tensor("repeat.0"), sheet.tensor("result.0"), 1e-6)
    expect(
        varied or not same,
        "Two calls in eval mode gave the same reconstruction: decode a sample z, not mu, and set "
        "no seed. forward samples in eval mode too.",
    )
    expect(not same, "Two calls gave the same reconstruction: draw ε in each call, set no seed.")
    shared = "All samples of a batch share one ε: draw a row for each, torch.randn_like(mu)."
    expect(varied, shared)

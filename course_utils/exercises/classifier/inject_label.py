"""Exercise inject-label: four ways in which a code enters a layer."""

from collections.abc import Callable

import torch

from course_utils.evidence import Evidence, Recorder
from course_utils.faults import close, expect, expect_close, expect_shape
from course_utils.judging import Criterion, Sheet

HINTS = (
    "Which of the four ways fails? Try it by hand on `h = torch.full((1, 2), 2.0)` and a "
    "code that you can follow.",
    "concat joins along dim 1. For affine, e is twice as wide as h: `e.chunk(2, dim=1)` "
    "gives its two halves. What comes after the last `if`?",
    "`scale, shift = e.chunk(2, dim=1)`, then (1 + scale) times h, plus shift. At the end "
    'of the function, where no `how` matched: `raise ValueError(f"... {how!r}")`.',
)

AFFINE_MISTAKES = {
    "The 1 is missing: with e = 0 the features must come out unchanged, (1 + scale) * h + "
    "shift.": "no one",
    "Scale and shift are swapped: the scale is the first half of e.": "swapped",
    "Scale and shift were taken from alternate columns: the scale is the first F columns of "
    "e.": "alternate",
    "The shift was scaled too: (1 + scale) * h + shift.": "shift scaled",
}
"""Sentence -> the key's value."""

WAYS = ("concat", "add", "multiply", "affine")
UNKNOWN = ("subtract", "ADD", " add", "addition", "cat", "con", "")


def probe(answer: Callable, case: Evidence) -> Evidence:
    h, e, pairs, narrow = case["h"], case["e"], case["pairs"], case["narrow"]
    run = Recorder(case["seed"])
    for how, code in zip(WAYS, (narrow, e, e, pairs), strict=True):
        run(how, answer, h, code, how)
        run(f"{how} single", answer, h[:1], code[:1], how)
        run(f"{how} gradients", lambda how=how, code=code: _gradients(answer, h, code, how))
        run.on_devices(how, lambda to, how=how, code=code: answer(to(h), to(code), how))
    for how in UNKNOWN:
        run(f"how = {how!r}", answer, h, e, how)
    return run.evidence


def _gradients(answer: Callable, h: torch.Tensor, e: torch.Tensor, how: str) -> torch.Tensor:
    """Gradients of the sum of squares of the result with respect to h and e, side by side."""
    h, e = h.clone().requires_grad_(), e.clone().requires_grad_()
    loss = answer(h, e, how).square().sum()
    if not loss.requires_grad:
        return torch.zeros(len(h), h.shape[1] + e.shape[1])
    # An input that the graph does not hold gets zeros.
    return torch.cat(torch.autograd.grad(loss, (h, e), materialize_grads=True), dim=1)


def judge(case: Evidence, key: Evidence, evidence: Evidence) -> list[Criterion]:
    sheet = Sheet(evidence)
    batch, features = case["h"].shape
    width = case["narrow"].shape[1]
    with sheet.criterion("concat: h first, then e", points=1):
        wrong_axis = "Joined along dim 0, which doubles the batch: join the features, dim=1."
        expect_shape(
            sheet.tensor("concat"),
            (batch, features + width),
            {(2 * batch, features): wrong_axis, (batch, features): "e is missing."},
        )
        expect_close(
            sheet.tensor("concat"),
            key["concat"],
            {"e comes first: h goes first.": key["e first"]},
            "This is not h followed by e.",
        )
    for how, other, formula in (("add", "multiply", "h + e"), ("multiply", "add", "h * e")):
        with sheet.criterion(f"{how}: feature by feature", points=1):
            mistakes = {f"This is what {other!r} should give: the two are swapped.": key[other]}
            if how == "multiply":
                mistakes["This is (1 + e) * h: 'multiply' is h * e."] = key["plus one"]
            expect_shape(sheet.tensor(how), (batch, features))
            expect_close(sheet.tensor(how), key[how], mistakes, f"This is not {formula}.")
    with sheet.criterion("affine: (1 + scale) * h + shift", points=2):
        expect_shape(
            sheet.tensor("affine"),
            (batch, features),
            {(batch, 2 * features): "e was not split in two halves."},
        )
        expect_close(
            sheet.tensor("affine"),
            key["affine"],
            {message: key[mistake] for message, mistake in AFFINE_MISTAKES.items()},
            "This is not (1 + scale) * h + shift.",
        )
    with sheet.criterion("ValueError for any other how", points=1):
        for how in UNKNOWN:
            name = f"how = {how!r}"
            accepted = f"{name} is accepted: only the four words are, the rest raises ValueError."
            sheet.expect_value_error(name, accepted)
    with sheet.criterion("gradients reach h and e", points=1):
        for how in WAYS:
            _expect_gradients(sheet, key, how, features)
    sheet.gpu(*WAYS)
    return sheet.criteria


def _expect_gradients(sheet: Sheet, key: Evidence, how: str, features: int) -> None:
    received, wanted = sheet.tensor(f"{how} gradients"), key[f"{how} gradients"]
    for name, columns in (("h", slice(features)), ("e", slice(features, None))):
        expect(
            bool(received[:, columns].ne(0).any()),
            f"{how!r}: no gradient reaches {name}: something detaches it (.detach(), .data, "
            "no_grad).",
        )
    # Another formula has other gradients, and has lost its marks above.
    if close(sheet.tensor(how), key[how]):
        message = f"{how!r}: the value is right, but part of the gradient is cut off."
        expect_close(received, wanted, {}, message)

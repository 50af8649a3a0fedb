"""Exercise inject-label: four ways in which a code enters a layer."""

from collections.abc import Callable

import torch

from course_utils.evidence import Evidence, Recorder
from course_utils.judging import Criterion, Sheet, close, expect, expect_close, expect_shape

HINTS = (
    "Which of the four ways fails? Try it by hand on `h = torch.full((1, 2), 2.0)` and a "
    "code that you can follow.",
    "concat joins along dim 1. For affine, e is twice as wide as h: `e.chunk(2, dim=1)` "
    "gives its two halves. What comes after the last `if`?",
    "`scale, shift = e.chunk(2, dim=1)`, then (1 + scale) times h, plus shift. At the end "
    'of the function, where no `how` matched: `raise ValueError(f"... {how!r}")`.',
)


def probe(answer: Callable, case: Evidence) -> Evidence:
    h, e, pairs, narrow = case["h"], case["e"], case["pairs"], case["narrow"]
    run = Recorder(case["seed"])
    codes = {"concat": narrow, "add": e, "multiply": e, "affine": pairs}
    for how, code in codes.items():
        run(how, answer, h, code, how)
        run(f"{how} single", answer, h[:1], code[:1], how)
        run(f"{how} gradients", lambda how=how, code=code: _gradients(answer, h, code, how))
        run.on_devices(how, lambda to, how=how, code=code: answer(to(h), to(code), how))
    run("unknown", answer, h, e, "subtract")
    return run.evidence


def _gradients(answer: Callable, h: torch.Tensor, e: torch.Tensor, how: str) -> torch.Tensor:
    """Gradients of the sum of squares of the result with respect to h and e, side by side."""
    h, e = h.clone().requires_grad_(), e.clone().requires_grad_()
    loss = answer(h, e, how).square().sum()
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
    for how, others in {"add": "multiply", "multiply": "add"}.items():
        with sheet.criterion(f"{how}: feature by feature", points=1):
            swapped = {f"This is what {others!r} should give: the two are swapped.": key[others]}
            if how == "multiply":
                swapped["This is (1 + e) * h: 'multiply' is h * e."] = key["plus one"]
            received = sheet.tensor(how)
            expect_shape(received, (batch, features))
            expect_close(received, key[how], swapped, f"This is not h {'+*'[how != 'add']} e.")
    with sheet.criterion("affine: (1 + scale) * h + shift", points=2):
        received = sheet.tensor("affine")
        expect_shape(
            received, (batch, features), {(batch, 2 * features): "e was not split in two halves."}
        )
        expect_close(
            received,
            key["affine"],
            {
                "The 1 is missing: with e = 0 the features must come out unchanged, (1 + scale) * "
                "h + shift.": key["no one"],
                "Scale and shift are swapped: the scale is the first half of e.": key["swapped"],
                "Scale and shift were taken from alternate columns: the scale is the first F "
                "columns of e.": key["alternate"],
                "The shift was scaled too: (1 + scale) * h + shift.": key["shift scaled"],
            },
            "This is not (1 + scale) * h + shift.",
        )
    with sheet.criterion("ValueError for any other how", points=1):
        error = sheet.error("unknown")
        expect(bool(error), "An unknown how is accepted: raise ValueError at the end.")
        expect("NotImplementedError" not in error, f"Your code raised {error}.")
        expect(
            error.startswith("ValueError: "),
            f"An unknown how raises {error.split(':')[0]}: raise ValueError with a sentence.",
        )
    with sheet.criterion("gradients reach h and e", points=1):
        for how in ("concat", "add", "multiply", "affine"):
            received, wanted = sheet.tensor(f"{how} gradients"), key[f"{how} gradients"]
            # Another formula has other gradients, and has lost its marks already.
            if not close(sheet.tensor(how), key[how]):
                received, wanted = (g.ne(0).any(0).float() for g in (received, wanted))
            message = f"{how!r} cuts or changes the gradient: look for detach, .data or no_grad."
            expect_close(received, wanted, {}, message)
    sheet.gpu("affine")
    return sheet.criteria

"""Exercise film: feature-wise linear modulation, γ(c) · h + β(c) without any normalization."""

import torch
from torch import nn

from course_utils.evidence import Evidence, Recorder
from course_utils.exercises.cbn import modulated
from course_utils.exercises.cbn.modulated import (
    expect_alike_in_eval,
    expect_known,
    expect_learned,
    expect_own,
    expect_slope,
    expect_start,
    expect_tables,
)
from course_utils.exercises.cbn.modulation import run_modulation
from course_utils.exercises.cbn.tables import fit
from course_utils.exercises.networks import GPU_ADVICE, output
from course_utils.faults import expect, expect_shape
from course_utils.judging import Criterion, Sheet

HINTS = (
    "Conditional batch normalization without the batch normalization, and with a vector in place "
    "of the label. Which layer takes a vector of condition_dim numbers and gives num_features? "
    "What does it give before any training?",
    "You need γ and β, each (B, F): two `nn.Linear`, or one that is twice as wide. Choose weight "
    "and bias so that γ is exactly 1 and β exactly 0 for every condition. Then γ and β need "
    "as many dimensions as h.",
    "`self.film = nn.Linear(condition_dim, 2 * num_features)`, weight and bias filled by "
    "`nn.init.zeros_`. In forward: `scale, shift = self.film(condition).chunk(2, dim=1)`, and both "
    "with `[:, :, None, None]` in `(1 + scale) * h + shift`.",
)

ADVICE = modulated.ADVICE | {
    "must match the size": "γ and β are (B, F): give them two more dimensions, "
    "[:, :, None, None], so that they meet the channels of h.",
    "cannot be multiplied": "A layer was made for another width: it takes condition_dim numbers, "
    "and the whole of a sample's condition.",
    "same dtype": "The condition is a vector of floats: leave it as it is.",
    "'indices' to have": "The condition is a vector of floats, not a label: nn.Linear takes it.",
}

NORMALIZED = {
    "batch norm": "h is batch-normalized: FiLM does not normalize, it scales and shifts h itself.",
    "instance norm": "h is normalized per sample and channel: FiLM scales and shifts h itself.",
    "layer norm": "h is normalized per sample: FiLM scales and shifts h itself.",
}


def probe(answer: type[nn.Module], case: Evidence) -> Evidence:
    run = Recorder(case["seed"])

    def build() -> nn.Module:
        return answer(case["num_features"], case["condition_dim"])

    h, condition = case["x"], case["condition"]
    model = run_modulation(run, build, case, condition, codes=condition)
    if model is not None:
        run("single in train mode", lambda: model.train()(h[:1].clone(), condition[:1].clone()))
        run("condition gradient", lambda: _gradient_in_condition(model, case))
    return run.evidence


def _gradient_in_condition(model: nn.Module, case: Evidence) -> torch.Tensor:
    leaf = case["condition"].clone().requires_grad_()
    out = model.train()(case["x"].clone(), leaf * 1)
    if out.requires_grad:
        (out * case["pull"]).sum().backward()
    return torch.zeros_like(leaf) if leaf.grad is None else leaf.grad


def judge(case: Evidence, key: Evidence, evidence: Evidence) -> list[Criterion]:
    sheet = Sheet(evidence, ADVICE)
    h, samples = case["x"], torch.arange(len(case["x"]))
    with sheet.criterion("output of shape (B, F, H, W)", points=1):
        _expect_maps(tuple(h.shape), output(sheet, "output"))
    with sheet.criterion("the identity at first, for every condition", points=2):
        mistakes = {why: key[name] for name, why in NORMALIZED.items()}
        otherwise = "A fresh FiLM returns h as it is, in train mode as in eval mode."
        expect_start(sheet, h, samples, mistakes, otherwise)
        expect_known(sheet.tensor("output"), h, mistakes, otherwise)
    with sheet.criterion("each sample follows its own condition", points=2):
        expect_own(sheet, samples, "condition")
        expect_alike_in_eval(sheet, h, samples, h, {})
        _expect_whole_condition(sheet)
    with sheet.criterion("one γ and one β per sample and channel", points=2):
        expect_own(sheet, samples, "condition")
        expect_tables(sheet, h, samples, "condition", "γ(c) · h + β(c)")
        _expect_same_for_all(sheet, h)
    with sheet.criterion("training moves γ and β, and all is saved", points=2):
        expect_learned(sheet, h, samples, "condition")
        expect_slope(sheet, h, samples, case["pull"], lambda gradient: gradient)
    sheet.gpu("device", advice=GPU_ADVICE)
    return sheet.criteria


def _expect_whole_condition(sheet: Sheet) -> None:
    counts = sheet.tensor("condition gradient").ne(0)
    none = "No gradient reaches the condition: is it detached, rounded, or made a label by argmax?"
    expect(bool(counts.any()), none)
    part = "Only a part of the condition's numbers counts: γ and β follow all of them."
    expect(bool(counts.any(0).all()), part)


def _expect_same_for_all(sheet: Sheet, h: torch.Tensor) -> None:
    together = torch.zeros(len(h), dtype=torch.int64)
    same = all(fit(h, outputs, together).exact for outputs in sheet.tensor("sweep"))
    expect(same, "Under one condition samples have different γ or β: they depend on the input.")


def _expect_maps(shape: tuple[int, ...], outputs: torch.Tensor) -> None:
    paired = (
        "Each sample is paired with each condition: γ and β are (B, F, 1, 1), no more dimensions."
    )
    gamma = "This is γ or β alone: the result is γ · h + β."
    mistakes = {(shape[0], *shape): paired, shape[:2]: gamma, (*shape[:2], 1, 1): gamma}
    expect_shape(outputs, shape, mistakes)

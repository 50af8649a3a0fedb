"""Exercise conditional-batchnorm-1d: batch normalization whose γ and β follow the label."""

from torch import nn

from course_utils.evidence import Evidence, Recorder
from course_utils.exercises.cbn import batchnorm
from course_utils.exercises.cbn.batchnorm import (
    expect_no_affine,
    judge_batchnorm,
    judge_learning,
    run_batchnorm,
)
from course_utils.exercises.networks import GPU_ADVICE, output
from course_utils.faults import expect, expect_shape
from course_utils.judging import Criterion, Sheet

HINTS = (
    "Two questions at initialization: what does each γ have to be so that batch normalization "
    "comes out as it is, and what does a fresh `nn.Linear` give in its place? A third for later: "
    "who else inside scales and shifts?",
    "Make four things in `__init__`: `nn.BatchNorm1d` without its own affine, a table for the "
    "labels (`nn.Embedding`), a layer from the embedding to γ and one to β. Look at the weight "
    "and the bias of both layers. If the table starts at zero as well, nothing learns.",
    "`nn.BatchNorm1d(num_features, affine=False)`, two `nn.Linear(embedding_dim, num_features)`. "
    "`nn.init.zeros_` for both weights and for the bias of β, `nn.init.ones_` for the bias of γ; "
    "the embedding stays random. γ and β are (B, F), as x is: no unsqueeze.",
)

ADVICE = batchnorm.ADVICE | {
    "must match the size": "γ and β are (B, num_features), as x is, without further dimensions.",
    "expected 4D input": "x is (B, F): nn.BatchNorm1d takes it.",
    "expected 3D": "x is (B, F): nn.BatchNorm1d takes it.",
}


def probe(answer: type[nn.Module], case: Evidence) -> Evidence:
    features, width = case["num_features"], case["embedding_dim"]
    run = Recorder(case["seed"])

    def build(classes: int, width: int = width) -> nn.Module:
        return answer(features, classes, width)

    model = run_batchnorm(run, build, case)
    if model is not None:
        run("used", lambda: _used(build(case["num_classes"]), case))
        run("wider", lambda: _used(build(case["num_classes"], width + 3), case))
    return run.evidence


def _used(model: nn.Module, case: Evidence) -> int:
    """How many parameters have a part in the output."""
    out = model.train()(case["x"].clone(), case["labels"].clone())
    if out.requires_grad:
        out.sum().backward()
    return sum(p.numel() for p in model.parameters() if p.grad is not None)


def judge(case: Evidence, key: Evidence, evidence: Evidence) -> list[Criterion]:
    sheet = Sheet(evidence, ADVICE)
    batch, features = case["x"].shape
    with sheet.criterion("output of shape (B, F)", points=1):
        mistakes = {
            (batch, batch, features): "(B, F) has become (B, B, F): an unsqueeze makes γ or β "
            "(B, 1, F), and broadcasting pairs each sample with each label. Take it out.",
            (1, batch, features): "One dimension too many: take the unsqueeze out.",
        }
        expect_shape(output(sheet, "output"), (batch, features), mistakes)
    judge_batchnorm(sheet, case, key)
    with sheet.criterion("no second affine, an embedding of size embedding_dim", points=1):
        expect_no_affine(sheet, case, key)
        _expect_embedding(sheet)
    judge_learning(sheet, case, key)
    sheet.gpu("device", advice=GPU_ADVICE)
    return sheet.criteria


def _expect_embedding(sheet: Sheet) -> None:
    wider, used = sheet.number_of("wider"), sheet.number_of("used")
    none = "No parameter gets a gradient: whether the embedding has a part in it cannot be seen."
    expect(used > 0, none)
    expect(
        wider != used,
        "embedding_dim has no part in the output: γ and β are made from an embedding of that size.",
    )

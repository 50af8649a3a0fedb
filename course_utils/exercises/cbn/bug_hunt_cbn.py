"""Exercise bug-hunt-cbn: a published conditional batch normalization, to be freed of its faults.

It has the interface of conditional-batchnorm-1d, and is tried and judged like it.
"""

from course_utils.exercises.cbn.conditional_batchnorm_1d import ADVICE, judge, probe

__all__ = ["ADVICE", "HINTS", "judge", "probe"]

HINTS = (
    "Start with the first criterion that fails, mend one fault, run the check again. First the "
    "shape: print the shapes of γ, of β and of x inside forward (and take the print out again). "
    "What does (B, 1, F) times (B, F) give?",
    "Then the start: γ comes from a layer, as weight times embedding plus bias. What does PyTorch "
    "put into a weight and a bias that nobody fills? Which values make γ exactly 1 and β exactly "
    "0, whatever the embedding is?",
    "The last fault is silent, since it starts as the identity: count what scales and shifts. "
    "`nn.BatchNorm1d` does so too, unless you say `affine=False`. The others: no `unsqueeze`; "
    "`nn.init.zeros_` for both weights and the bias of β, `nn.init.ones_` for the bias of γ.",
)

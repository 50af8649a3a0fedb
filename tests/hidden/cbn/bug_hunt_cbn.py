"""Hidden test of exercise bug-hunt-cbn, which is judged as conditional-batchnorm-1d is."""

from hidden.cbn.conditional_batchnorm_1d import draw, extra, solve

__all__ = ["draw", "extra", "solve"]

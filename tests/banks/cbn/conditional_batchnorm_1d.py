"""Answers to exercise conditional-batchnorm-1d."""

from banks import right, wrong  # noqa: F401

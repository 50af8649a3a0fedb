"""Answers to exercise cbn-generator."""

from banks import right, wrong  # noqa: F401

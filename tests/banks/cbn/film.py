"""Answers to exercise film."""

from banks import right, wrong  # noqa: F401

"""Answers to exercise adain."""

from banks import right, wrong  # noqa: F401

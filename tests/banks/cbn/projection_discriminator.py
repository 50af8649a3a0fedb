"""Answers to exercise projection-discriminator."""

from banks import right, wrong  # noqa: F401

"""Answers to exercise bug-hunt-cbn."""

from banks import right, wrong  # noqa: F401

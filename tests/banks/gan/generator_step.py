"""Answers to exercise generator-step."""

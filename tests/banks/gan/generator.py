"""Answers to exercise generator."""

"""Answers to exercise generate-class."""

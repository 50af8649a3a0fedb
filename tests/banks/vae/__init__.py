"""Answers to the exercises of notebook 03, right and wrong."""

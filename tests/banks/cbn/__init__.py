"""Answers to the exercises of notebook 04, right and wrong."""

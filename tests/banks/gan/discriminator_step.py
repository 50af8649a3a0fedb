"""Answers to exercise discriminator-step."""

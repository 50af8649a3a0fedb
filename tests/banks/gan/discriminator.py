"""Answers to exercise discriminator."""

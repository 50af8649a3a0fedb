"""Answers to exercise gan-losses/discriminator."""

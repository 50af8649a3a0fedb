"""Answers to exercise latent-traversal."""

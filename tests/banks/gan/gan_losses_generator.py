"""Answers to exercise gan-losses/generator."""

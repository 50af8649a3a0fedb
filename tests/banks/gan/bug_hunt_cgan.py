"""Answers to exercise bug-hunt-cgan."""

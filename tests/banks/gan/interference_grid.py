"""Answers to exercise interference-grid."""

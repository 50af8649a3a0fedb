"""Tests that use the course in a real browser."""

"""Exercise generator: to be written."""

"""Exercise generator-step: to be written."""

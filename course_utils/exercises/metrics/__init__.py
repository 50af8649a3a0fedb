"""The exercises of notebook 05, measuring conditioning."""

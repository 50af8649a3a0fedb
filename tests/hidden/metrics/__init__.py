"""Hidden tests of notebook 05, measuring conditioning."""

"""Hidden tests of notebook 01, the conditional classifier."""

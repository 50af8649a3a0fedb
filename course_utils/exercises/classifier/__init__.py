"""The exercises of notebook 01, the conditional classifier."""

"""The exercises of notebook 04, conditional batch normalization."""

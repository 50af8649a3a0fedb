"""Hidden tests of notebook 04, conditional batch normalization."""

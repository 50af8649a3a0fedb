"""Hidden tests of notebook 03, the conditional VAE."""

"""The exercises of notebook 03, the conditional VAE."""

"""Exercise latent-traversal: to be written."""

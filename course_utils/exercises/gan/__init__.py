"""The exercises of notebook 02, the conditional GAN."""

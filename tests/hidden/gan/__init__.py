"""Hidden tests of notebook 02, the conditional GAN."""

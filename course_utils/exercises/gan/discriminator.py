"""Exercise discriminator: to be written."""

"""Exercise discriminator-step: to be written."""

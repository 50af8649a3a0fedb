"""Exercise gan-losses/discriminator: to be written."""

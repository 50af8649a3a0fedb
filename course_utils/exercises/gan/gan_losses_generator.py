"""Exercise gan-losses/generator: to be written."""

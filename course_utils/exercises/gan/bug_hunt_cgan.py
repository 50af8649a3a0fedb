"""Exercise bug-hunt-cgan: to be written."""

"""Exercise generate-class: to be written."""

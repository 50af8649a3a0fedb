"""Exercise interference-grid: to be written."""

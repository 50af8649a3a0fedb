"""What maintainers and instructors run: `build` makes the notebooks, `grade` marks a class."""

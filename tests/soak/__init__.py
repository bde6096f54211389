"""A long load at half of what this machine can do: what grows, what leaks, what slows down."""

"""What payees read: each line explained as a tree, and statements of a year."""

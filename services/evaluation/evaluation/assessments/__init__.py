"""The three-yearly assessment of a centre, made of its published annual results."""

"""Annual reports: a centre's own account of its year, with lateness and return."""

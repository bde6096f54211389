"""Facts: everything that a centre did, in one append-only shape."""

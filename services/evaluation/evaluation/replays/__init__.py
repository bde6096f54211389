"""A result computed again from what was stored, here or by a third party offline."""

"""The books: double entry, integer minor units, append-only."""

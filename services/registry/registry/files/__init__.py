"""Evidence: files that organizations hand in, kept by the hash of their bytes."""

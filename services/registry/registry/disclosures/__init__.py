"""What was decided and has to be public within its term, and is not yet (X11)."""

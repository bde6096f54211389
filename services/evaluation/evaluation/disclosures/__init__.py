"""What was decided on centres, has to be public, and is not yet (X11)."""

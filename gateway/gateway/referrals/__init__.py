"""Tasks that an official passes to another agency, and what that one answers."""

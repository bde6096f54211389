"""One published document for the whole house."""

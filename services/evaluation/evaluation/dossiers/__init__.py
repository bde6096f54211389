"""What another agency may read of published results: released, with a scope and an end."""

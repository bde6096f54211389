"""What waits for the caller, over all services."""

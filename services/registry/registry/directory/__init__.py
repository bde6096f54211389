"""What the other services need to know of centres and organizations, and who belongs to what."""

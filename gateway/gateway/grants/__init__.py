"""What a person's front end is granted: codes, refresh tokens, and their end."""

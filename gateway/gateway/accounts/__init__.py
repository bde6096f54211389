"""People's accounts: how someone without a program of his own signs in."""

"""What each caller asked in the last thirty days: how it was answered, never what was in it."""

"""What ends with an account, its factors or its person: every session and every token."""

"""What was there before the books: it comes in with source, date and two approvals, marked."""

"""What those who made an invention are owed, in which form, and what each has been paid."""

"""What was recorded wrongly, undone: payments, funding from outside, and divisions."""

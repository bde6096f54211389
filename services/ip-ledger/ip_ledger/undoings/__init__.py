"""Money that was recorded wrongly: a member's payment, or funding from outside, undone."""

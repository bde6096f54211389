"""The ledger's audit of itself: every figure and hash computed again from the raw rows."""

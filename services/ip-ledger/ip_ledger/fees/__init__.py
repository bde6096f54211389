"""Fees that keep a right alive: what is due when, who paid, and what ends without them."""

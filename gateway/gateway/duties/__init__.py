"""Duties of officials: granted by two people, lent for some days, and ended by one."""

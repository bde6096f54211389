"""Inventions and other results: what they are, who made them, and who owned them when."""

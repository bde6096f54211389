"""Panels for all cases at once: one optimization, proven, that anyone can repeat."""

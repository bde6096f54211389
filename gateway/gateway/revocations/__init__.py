"""Tokens that end before their time."""

"""Identifiers that other offices issue: what makes one well-formed, and what it tells.

Each module judges one kind of identifier and says which rule failed; none looks anything up.
"""

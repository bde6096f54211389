"""Trying things out: other weights and targets, draft schemes, queries on past facts."""

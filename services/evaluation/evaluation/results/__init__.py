"""Snapshots and results: from frozen facts and score sheets to a published rating."""

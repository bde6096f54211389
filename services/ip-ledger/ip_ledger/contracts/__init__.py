"""Licenses and technology contracts: what was granted, sold and bought, with whose consent."""

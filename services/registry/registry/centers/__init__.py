"""The innovation centres: what they are, and through which stages they pass."""

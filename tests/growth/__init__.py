"""A rehearsal of growth: what becomes slow when there is fifty times as much."""

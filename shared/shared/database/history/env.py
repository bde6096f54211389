"""Alembic's entry, for the history of whichever package the configuration names."""

from shared.database.migrations import run

run()

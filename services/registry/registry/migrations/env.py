"""Alembic's entry: the registry's history."""

from shared.database.migrations import run

run("registry")

"""Runs the gateway's migrations."""

from shared.database.migrations import run

run("gateway")

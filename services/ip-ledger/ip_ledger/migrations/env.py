"""Runs the ip-ledger's migrations."""

from shared.database.migrations import run

run("ip_ledger")

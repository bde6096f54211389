"""Runs the history of the evaluation service's database."""

from shared.database.migrations import run

run("evaluation")

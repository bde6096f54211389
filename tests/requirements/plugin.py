"""Pytest plugin: every `requirement` mark names rows of the list, at most three."""

import pytest

from tests.requirements import rows as requirements


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse the run when a mark names a row that does not exist, or too many of them."""
    known = requirements.all_rows()
    wrong = [
        fault
        for item in items
        for fault in requirements.faults(requirements.evidence_of(item), known)
    ]
    if wrong:
        raise pytest.UsageError("\n".join(dict.fromkeys(wrong)))

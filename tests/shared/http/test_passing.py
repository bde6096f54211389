"""What passes by itself is 503 and may be sent again; anything else is a fault of ours."""

import pytest
from sqlalchemy.exc import DBAPIError

from shared.http.constraints import passes_by_itself


class ToldError(Exception):
    def __init__(self, sqlstate: str) -> None:
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


def failed(sqlstate: str) -> DBAPIError:
    wrapped = Exception()
    wrapped.__cause__ = ToldError(sqlstate)
    return DBAPIError("", None, wrapped)


@pytest.mark.parametrize(
    ("sqlstate", "passes"),
    [
        ("53100", True),  # The disk is full.
        ("53200", True),  # There is no memory.
        ("58030", True),  # A file could not be written.
        ("40P01", True),  # A deadlock.
        ("57P01", True),  # The server was asked to stop.
        ("42P01", False),  # A table that is not there.
        ("23505", False),  # A key that is taken.
    ],
)
def test_a_full_disk_passes_and_a_missing_table_does_not(sqlstate: str, passes: bool) -> None:
    assert passes_by_itself(failed(sqlstate)) is passes

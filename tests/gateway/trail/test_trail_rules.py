"""What of a request is kept, and how a flood is told; no server."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateway.trail import rules
from gateway.trail.rules import Happened, Kind

AT = datetime(2026, 6, 1, tzinfo=UTC)
REFUSED = Happened(AT, Kind.REFUSED, "GET", "/v1/x", 401, "192.0.2.1", "r")


@pytest.mark.requirement("X07")
@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [
        ("POST", "/oauth/token", 399, Kind.TOKEN_GIVEN),
        ("POST", "/oauth/token", 400, Kind.TOKEN_REFUSED),
        ("GET", "/v1/registry/centers", 399, Kind.READ),
        ("GET", "/v1/registry/centers", 400, None),
    ],
)
def test_from_four_hundred_on_nothing_was_given_or_read(
    method: str, path: str, status: int, kind: Kind | None
) -> None:
    assert rules.kind_of(method, path, status, ["official"], known=False) is kind


@pytest.mark.requirement("X07")
@pytest.mark.parametrize(("count", "kept", "more"), [(20, 20, []), (21, 20, [1]), (30, 20, [10])])
def test_of_a_flood_the_first_twenty_stand_by_themselves(
    count: int, kept: int, more: list[int]
) -> None:
    flood = [replace(REFUSED, request_id=str(number)) for number in range(count)]
    done = replace(REFUSED, kind=Kind.READ, status=200)
    other = replace(REFUSED, address="192.0.2.2")
    found = rules.folded([*flood, done, other])
    assert found[:kept] == flood[:kept]
    assert found[kept : kept + 2] == [done, other]
    # The last one stands for all of them.
    assert [(one.count, one.request_id) for one in found[kept + 2 :]] == [
        (number, str(count - 1)) for number in more
    ]

"""Addresses that fail are left alone for a moment, and come back by one attempt."""

import time

import pytest

from gateway.proxy.health import FAILURES_BEFORE_OPEN, OPEN_SECONDS, Health
from tests.gateway.running_door import running_door

BOTH = ["a", "b"]


def opened(health: Health, address: str, *, slow: bool = True) -> None:
    for _ in range(FAILURES_BEFORE_OPEN):
        health.failed(address, 0.0, slow=slow)


def test_an_address_that_refuses_connections_comes_last_and_is_tried_where_no_other_is() -> None:
    health = Health()
    opened(health, "a", slow=False)
    assert health.fit(BOTH, 0.0) == ["b", "a"]
    opened(health, "b")
    assert health.fit(BOTH, 0.0) == ["a"]


def test_an_address_is_trusted_until_it_failed_five_times_in_a_row() -> None:
    health = Health()
    for _ in range(FAILURES_BEFORE_OPEN - 1):
        health.failed("a", 0.0, slow=True)
    assert health.fit(BOTH, 0.0) == BOTH
    health.worked("a")
    for _ in range(FAILURES_BEFORE_OPEN - 1):
        health.failed("a", 0.0, slow=True)
    assert health.fit(BOTH, 0.0) == BOTH


@pytest.mark.refusing
def test_an_open_address_is_passed_over_and_with_no_other_nobody_is_asked() -> None:
    health = Health()
    opened(health, "a")
    assert health.fit(BOTH, OPEN_SECONDS - 0.01) == ["b"]
    opened(health, "b")
    assert health.fit(BOTH, OPEN_SECONDS - 0.01) == []


def test_after_its_moment_one_attempt_decides() -> None:
    health = Health()
    opened(health, "a")
    assert health.fit(["a"], OPEN_SECONDS) == ["a"]
    health.tried("a")
    assert health.fit(["a"], OPEN_SECONDS) == []
    health.failed("a", OPEN_SECONDS, slow=True)
    assert health.fit(["a"], OPEN_SECONDS * 2 - 0.01) == []
    assert health.fit(["a"], OPEN_SECONDS * 2) == ["a"]
    health.tried("a")
    health.gave_up("a")
    assert health.fit(["a"], OPEN_SECONDS * 2) == ["a"]
    health.worked("a")
    assert health.fit(["a"], 0.0) == ["a"]


@pytest.mark.refusing
def test_a_service_that_hangs_is_left_alone_and_asked_again_once_it_lives() -> None:
    with running_door(upstream_read_seconds=0.1) as door:
        slow = [door.ask("/v1/registry/slow").status for _ in range(FAILURES_BEFORE_OPEN)]
        assert slow == [504] * FAILURES_BEFORE_OPEN
        before = len(door.upstream.requests)
        began = time.monotonic()
        refused = door.ask("/v1/registry/centers")
        took = time.monotonic() - began
        assert (refused.status, refused.headers["retry-after"]) == (503, "2")
        assert len(door.upstream.requests) == before, "it was asked"
        assert took < 1
        for _ in range(40):
            if door.ask("/v1/registry/centers").status == 200:
                break
            time.sleep(0.1)
        else:
            pytest.fail("a service that lives again is not asked")

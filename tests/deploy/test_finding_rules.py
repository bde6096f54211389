"""When a figure is a finding, on both sides of each bound; nothing runs."""

from datetime import UTC, datetime, timedelta

import pytest

from zhichuang.doctoring import rules
from zhichuang.doctoring.rules import Finding, Level, Waiting, soon, wrong

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SECOND, MILLI = timedelta(seconds=1), timedelta(milliseconds=1)
MIB = 2**20


@pytest.mark.parametrize(
    ("difference", "found"),
    [
        (timedelta(0), []),
        (2 * SECOND - MILLI, []),
        (2 * SECOND, [soon("CLOCK_SKEW", service="registry", seconds=2.0)]),
        (-2 * SECOND, [soon("CLOCK_SKEW", service="registry", seconds=-2.0)]),
        (30 * SECOND - MILLI, [soon("CLOCK_SKEW", service="registry", seconds=30.0)]),
        (30 * SECOND, [wrong("CLOCK_SKEW", service="registry", seconds=30.0)]),
        (-45.26 * SECOND, [wrong("CLOCK_SKEW", service="registry", seconds=-45.3)]),
    ],
)
def test_a_clock_is_judged_by_its_distance_either_way(
    difference: timedelta, found: list[Finding]
) -> None:
    assert list(rules.skew("registry", difference)) == found


@pytest.mark.parametrize(
    ("oldest_at", "found"),
    [
        (None, []),
        (NOW - 10 * SECOND + MILLI, []),
        (NOW - 10 * SECOND, [wrong("EVENTS_LATE", count=3, seconds=10, service="registry")]),
        (NOW - 11.9 * SECOND, [wrong("EVENTS_LATE", count=3, seconds=11, service="registry")]),
    ],
)
def test_what_waits_is_late_from_its_time_on(
    oldest_at: datetime | None, found: list[Finding]
) -> None:
    waiting = Waiting(3, oldest_at)
    late = rules.late("EVENTS_LATE", waiting, NOW, rules.EVENTS_LATE, service="registry")
    assert list(late) == found


def deep(level: Level, count: int, seconds: int) -> Finding:
    return Finding("QUEUE_DEEP", level, {"service": "registry", "count": count, "seconds": seconds})


@pytest.mark.parametrize(
    ("waiting", "found"),
    [
        (Waiting(999, NOW - 299 * SECOND), []),
        (Waiting(1, NOW - 300 * SECOND), [deep(Level.WRONG, 1, 300)]),
        (Waiting(1_000, NOW - 299 * SECOND), [deep(Level.SOON, 1_000, 299)]),
        (Waiting(1_000, None), [deep(Level.SOON, 1_000, 0)]),
        # Late and many is late, told once.
        (Waiting(5_000, NOW - 301 * SECOND), [deep(Level.WRONG, 5_000, 301)]),
        (Waiting(0, None), []),
    ],
)
def test_a_queue_is_wrong_when_it_is_late_and_soon_will_be_when_it_is_long(
    waiting: Waiting, found: list[Finding]
) -> None:
    assert list(rules.queue("registry", waiting, NOW)) == found


def full(level: Level, free_mib: int, percent: int) -> Finding:
    figures = {"folder": "/data", "free": free_mib, "percent": percent}
    return Finding("DISK_NEARLY_FULL", level, figures)


@pytest.mark.parametrize(
    ("free", "total", "found"),
    [
        (100_000 * MIB, 1_000_000 * MIB, []),
        (100_000 * MIB - 1, 1_000_000 * MIB, [full(Level.SOON, 99_999, 9)]),
        (30_000 * MIB, 1_000_000 * MIB, [full(Level.SOON, 30_000, 3)]),
        (30_000 * MIB - 1, 1_000_000 * MIB, [full(Level.WRONG, 29_999, 2)]),
        # However small the disk: so much has to be left.
        (400 * MIB, 800 * MIB, []),
        (400 * MIB - 1, 800 * MIB, [full(Level.WRONG, 399, 49)]),
    ],
)
def test_a_disk_is_judged_by_what_is_left_of_it(
    free: int, total: int, found: list[Finding]
) -> None:
    assert list(rules.disk("/data", free, total)) == found


@pytest.mark.parametrize(
    ("found", "code", "figures"),
    [
        ("0024", None, {}),
        (
            "0023", "MIGRATIONS_BEHIND",
            {"package": "ip_ledger", "found": "0023", "wanted": "0024"},
        ),
        (None, "MIGRATIONS_BEHIND", {"package": "ip_ledger", "found": "—", "wanted": "0024"}),
        ("0099", "MIGRATIONS_AHEAD", {"found": "0099"}),
    ],
)  # fmt: skip
def test_a_database_is_as_new_as_its_program(
    found: str | None, code: str | None, figures: dict[str, str]
) -> None:
    told = rules.migration("ip_ledger", found, frozenset({"0023", "0024"}), "0024")
    expected = None if code is None else wrong(code, service="ip-ledger", **figures)
    assert told == expected


@pytest.mark.parametrize(
    ("age", "limit", "found"),
    [
        (None, 90, [wrong("SIGNING_KEY_MISSING")]),
        (timedelta(days=90, hours=23), 90, []),
        (timedelta(days=91), 90, [soon("SIGNING_KEY_OLD", days=91, limit=90)]),
        (timedelta(days=900), 0, []),
    ],
)
def test_a_key_that_signs_is_there_and_is_changed_in_time(
    age: timedelta | None, limit: int, found: list[Finding]
) -> None:
    active_at = None if age is None else NOW - age
    assert list(rules.signing_key(active_at, NOW, limit)) == found


@pytest.mark.parametrize(("used", "warned"), [(79, False), (80, True), (100, True)])
def test_connections_run_out_from_eighty_in_a_hundred_on(used: int, *, warned: bool) -> None:
    found = [soon("CONNECTIONS_USED", used=used, limit=100)] if warned else []
    assert list(rules.connections(used, 100)) == found

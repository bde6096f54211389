"""When the programme clock may be put where."""

from datetime import UTC, datetime
from typing import Final

from shared.rules import Check, Kind, Rule

CLOCK = Rule("X10", "architecture 2")
# The clock never goes back: one put at the end of time would run out of it for good.
LAST: Final = datetime(2200, 1, 1, tzinfo=UTC)


def clock_checks(current: datetime, asked: datetime) -> list[Check]:
    """Check that the clock goes forward; the very same instant is allowed, as for a repeat.

    It stays before `LAST`, so that days can be counted on from it.
    """
    return [
        CLOCK.check(
            "CLOCK_BACKWARDS",
            Kind.STATE,
            passed=asked >= current,
            pointer="/now",
            now=current.isoformat().replace("+00:00", "Z"),
        ),
        CLOCK.check(
            "FIELD_INVALID",
            Kind.CONTENT,
            passed=asked < LAST,
            pointer="/now",
            field="now",
            expected=f"an instant before {LAST.year}",
        ),
    ]

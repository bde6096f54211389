"""When the programme clock may be put where."""

from datetime import datetime

from shared.rules import Check, Kind, Rule

CLOCK = Rule("X10", "architecture 2")


def clock_checks(current: datetime, asked: datetime) -> list[Check]:
    """Check that the clock goes forward; the very same instant is allowed, as for a repeat."""
    return [
        CLOCK.check(
            "CLOCK_BACKWARDS",
            Kind.STATE,
            passed=asked >= current,
            pointer="/now",
            now=current.isoformat().replace("+00:00", "Z"),
        )
    ]

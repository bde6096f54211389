"""When the programme clock may be put where, and who may have a test tenant until when."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from shared.calendar import SHANGHAI
from shared.codes import uscc
from shared.rules import Check, Kind, Rule, Said

CLOCK = Rule("X10", "delivery")
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
            expected=Said(f"an instant before {LAST.year}", f"早于 {LAST.year} 年"),
        ),
    ]


TENANTS: Final = Rule("X16", "五(一)")
MOST_OF_ONE: Final = 5
MOST_OF_ALL: Final = 500
LETTERS: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
MOST_CODES: Final = len(LETTERS) ** 4
_BODY_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)
_WIPE: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


class Held(NamedTuple):
    """How many tenants a program asked for since the last wipe, and how many there are."""

    own: int
    every: int


def tenant_checks(held: Held) -> list[Check]:
    """Check that one more tenant may be made (X16)."""
    return [
        TENANTS.check(
            "TENANTS_TOO_MANY",
            Kind.STATE,
            passed=held.own < MOST_OF_ONE and held.every < MOST_OF_ALL,
            most=MOST_OF_ONE,
        )
    ]


def fictional_uscc(number: int) -> str:
    """Make a code that no real organization has: its body begins with FAKE, both checks hold."""
    digits = ""
    for _ in range(4):
        number, rest = divmod(number, len(LETTERS))
        digits = LETTERS[rest] + digits
    body = f"FAKE{digits}"
    total = sum(int(c, 36) * w for c, w in zip(body, _BODY_WEIGHTS, strict=True))
    first = f"91310115{body}{'0123456789X0'[11 - total % 11]}"
    return first + uscc.check_character(first)


def next_wipe(hour: str, now: datetime) -> datetime | None:
    """Give the next wipe after an instant of real time; None where nothing is wiped by itself.

    `hour` is a time of day in Shanghai, such as `03:00`.
    """
    read = _WIPE.fullmatch(hour.strip())
    if read is None:
        return None
    today = now.astimezone(SHANGHAI).replace(
        hour=int(read[1]), minute=int(read[2]), second=0, microsecond=0
    )
    return (today if today > now else today + timedelta(days=1)).astimezone(UTC)

"""Who needs a second factor, and when a one-time code is right. Instants are real time."""

import hmac
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final

STEP_SECONDS: Final = 30
# A phone's clock may be one step off, either way (RFC 6238, section 5.2).
DRIFT_STEPS: Final = 1
DIGITS: Final = 6
SECRET_BYTES: Final = 20
RECOVERY_CODES: Final = 10
# 80 random bits each: a digest suffices, there is nothing to guess.
RECOVERY_BYTES: Final = 10
# Between the password and the second factor.
STEP_LIFE: Final = timedelta(minutes=10)
OFFICIAL: Final = "official"


def is_required(capacities: Collection[str], *, of_officials: bool) -> bool:
    """Tell whether somebody signs in with two factors only: officials, unless that is set off."""
    return of_officials and OFFICIAL in capacities


def step_at(now: datetime) -> int:
    """Number the thirty seconds that an instant lies in."""
    return int(now.timestamp()) // STEP_SECONDS


def steps_around(now: datetime) -> range:
    """Name the steps whose codes are taken now."""
    middle = step_at(now)
    return range(middle - DRIFT_STEPS, middle + DRIFT_STEPS + 1)


def matching_step(codes: Mapping[int, str], given: str, last_step: int) -> int | None:
    """Find the step whose code was given; one that was used, or an older one, is refused.

    Every step is compared, so that the answer takes as long wherever the right one lies.
    """
    digits = given.replace(" ", "")
    fit = digits.isascii() and digits.isdigit() and len(digits) == DIGITS
    found = None
    for step, code in codes.items():
        same = hmac.compare_digest(code.encode(), digits.encode())
        if same and fit and step > last_step:
            found = step
    return found


def recovery_of(text: str) -> str:
    """Give the one spelling of a recovery code: case, spaces and hyphens make no other."""
    return text.replace("-", "").replace(" ", "").upper()

"""What a password, an attempt and a session may be. Instants are real time, as for every token."""

import unicodedata
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from shared.rules import Check, Kind, Rule

SIGN_IN: Final = Rule("X02", "delivery")
TENANT: Final = Rule("X04", "delivery")

SHORTEST: Final = 12
LONGEST: Final = 128
# Attempts that may fail in a row before the account rests; each further one doubles the rest.
FREE_ATTEMPTS: Final = 5
FIRST_REST: Final = timedelta(minutes=15)
MOST_DOUBLINGS: Final = 5
SESSION_LIFE: Final = timedelta(hours=12)
INVITATION_LIFE: Final = timedelta(days=7)
# 80 random bits, since nobody counts how often it is guessed over all accounts.
ENROLMENT_BYTES: Final = 10
ENROLMENT_LIFE: Final = timedelta(days=7)


def plain(text: str) -> str:
    """Give the one form in which a password or login is kept and compared (NFKC)."""
    return unicodedata.normalize("NFKC", text)


def login_of(text: str) -> str:
    """Give the one spelling of a login: case and width make no second account."""
    return plain(text).strip().casefold()


def password_checks(password: str, login: str) -> list[Check]:
    """Check a new password: long rather than odd, and not the login itself (NIST SP 800-63B)."""
    long_enough = SHORTEST <= len(password) <= LONGEST
    varied = len(set(password)) >= 5 and login not in password.casefold()
    return [
        SIGN_IN.check(
            "PASSWORD_LENGTH", Kind.CONTENT, passed=long_enough, pointer="/password",
            least=SHORTEST, most=LONGEST,
        ),
        SIGN_IN.check("PASSWORD_TOO_PLAIN", Kind.CONTENT, passed=varied, pointer="/password"),
    ]  # fmt: skip


def rest_after(failures: int) -> timedelta:
    """Tell how long an account rests after so many failed attempts in a row."""
    beyond = failures - FREE_ATTEMPTS
    if beyond < 0:
        return timedelta(0)
    return FIRST_REST * (1 << min(beyond, MOST_DOUBLINGS))


def may_try(resting_until: datetime | None, now: datetime) -> bool:
    """Tell whether an attempt is looked at: the instant at which the rest ends is free again."""
    return resting_until is None or resting_until <= now


def person_checks(
    held_orgs: Collection[UUID | None], own_org: UUID | None, *, by_admin: bool
) -> list[Check]:
    """Check that this person is the caller's to give an account or to end (X04), or an admin's."""
    own = own_org is not None and set(held_orgs) == {own_org}
    return [
        TENANT.check("NOT_FOUND", Kind.HIDDEN, passed=by_admin or own, pointer="/person_id"),
    ]


def open_checks(closed_at: datetime | None) -> list[Check]:
    """Check that an account is not closed: a closed one stays closed."""
    return [SIGN_IN.check("ACCOUNT_CLOSED", Kind.STATE, passed=closed_at is None)]


def grouped(code: str) -> str:
    """Show a code or secret in groups of four, as people read it."""
    return "-".join(code[place : place + 4] for place in range(0, len(code), 4))

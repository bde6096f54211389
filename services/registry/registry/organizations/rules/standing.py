"""Who follows whom, what an organization is recognized for, and when dishonesty bars it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from registry.organizations.rules.entry import past_checks
from registry.organizations.rules.vocabulary import (
    DUTIES,
    HONESTY,
    IDENTITY,
    TECH_CENTER,
    TESTING,
    CenterLevel,
    QualificationEvent,
    QualificationKind,
    QualificationState,
)
from shared.rules import Check, Kind

# The whole machine: a pair that is absent is refused.
MOVES: Final[Mapping[tuple[QualificationState, QualificationEvent], QualificationState]] = {
    (QualificationState.STATED, QualificationEvent.VERIFY): QualificationState.VERIFIED,
    (QualificationState.STATED, QualificationEvent.REFUSE): QualificationState.REFUSED,
    (QualificationState.STATED, QualificationEvent.REVOKE): QualificationState.REVOKED,
    (QualificationState.STATED, QualificationEvent.SUPERSEDE): QualificationState.SUPERSEDED,
    (QualificationState.VERIFIED, QualificationEvent.VERIFY): QualificationState.VERIFIED,
    (QualificationState.VERIFIED, QualificationEvent.REVOKE): QualificationState.REVOKED,
    (QualificationState.VERIFIED, QualificationEvent.SUPERSEDE): QualificationState.SUPERSEDED,
}
# What an organization states holds until someone finds otherwise: its paper carries its own date.
HOLDING: Final = (QualificationState.STATED, QualificationState.VERIFIED)
NUMBERED: Final = (QualificationKind.CMA, QualificationKind.CNAS)
DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Bar:
    """A record of serious dishonesty: first and last day, and the day on which it was lifted."""

    from_on: date
    until_on: date
    lifted_on: date | None

    @property
    def last_on(self) -> date | None:
        """Give the last day that it bars; none where it was lifted before it began."""
        last = self.until_on if self.lifted_on is None else min(self.until_on, self.lifted_on - DAY)
        return last if last >= self.from_on else None

    def bars(self, day: date) -> bool:
        """Tell whether it bars on a day; first and last day count, the day of lifting does not."""
        last = self.last_on
        return last is not None and self.from_on <= day <= last


def barred_until(bars: Iterable[Bar], today: date) -> date | None:
    """Give the last day of the records that still bar on a day; None where none does (X17)."""
    ends = [last for bar in bars if (last := bar.last_on) is not None and last >= today]
    return max(ends, default=None)


def bar_checks(from_on: date, until_on: date, today: date) -> list[Check]:
    """Check a record's days: begun, and in order."""
    return [
        *past_checks(from_on, today, "/from_on"),
        HONESTY.check(
            "DAYS_OUT_OF_ORDER", Kind.CONTENT, passed=from_on <= until_on, pointer="/until_on"
        ),
    ]


def lifting_checks(bar: Bar, lifted_on: date, today: date) -> list[Check]:
    """Check that a record is lifted once, while it bars or as if it had never begun."""
    return [
        HONESTY.check("STATE_CONFLICT", Kind.STATE, passed=bar.lifted_on is None),
        HONESTY.check(
            "DAYS_OUT_OF_ORDER",
            Kind.CONTENT,
            passed=bar.from_on <= lifted_on <= bar.until_on,
            pointer="/lifted_on",
        ),
        *past_checks(lifted_on, today, "/lifted_on"),
    ]


def succession_checks(
    org_id: UUID,
    successor_id: UUID,
    *,
    succeeded: bool,
    successor_succeeded: bool,
    effective_on: date,
    today: date,
) -> list[Check]:
    """Check that a living organization is followed by another living one, on a day that has come.

    With that, no chain of successors can lead back to its beginning.
    """
    return [
        IDENTITY.check(
            "SUCCESSOR_INVALID",
            Kind.CONTENT,
            passed=org_id != successor_id and not successor_succeeded,
            pointer="/successor_id",
        ),
        IDENTITY.check("STATE_CONFLICT", Kind.STATE, passed=not succeeded),
        *past_checks(effective_on, today, "/effective_on"),
    ]


def living_checks(*, succeeded: bool) -> list[Check]:
    """Check that an entry has no successor: what is new belongs there."""
    return [IDENTITY.check("STATE_CONFLICT", Kind.STATE, passed=not succeeded)]


def qualification_checks(
    kind: QualificationKind,
    number: str | None,
    level: CenterLevel | None,
    valid_from: date,
    valid_to: date | None,
    today: date,
) -> list[Check]:
    """Check that a paper has what its kind must have (A061 level; A070 number and last day)."""
    numbered = kind in NUMBERED
    return [
        *past_checks(valid_from, today, "/valid_from"),
        TESTING.check(
            "DAYS_OUT_OF_ORDER",
            Kind.CONTENT,
            passed=valid_to is None or valid_from <= valid_to,
            pointer="/valid_to",
        ),
        TECH_CENTER.check(
            "FIELD_MISSING",
            Kind.CONTENT,
            passed=kind is not QualificationKind.TECH_CENTER or level is not None,
            pointer="/level",
            field="level",
        ),
        TESTING.check(
            "FIELD_MISSING",
            Kind.CONTENT,
            passed=not numbered or number is not None,
            pointer="/number",
            field="number",
        ),
        TESTING.check(
            "FIELD_MISSING",
            Kind.CONTENT,
            passed=not numbered or valid_to is not None,
            pointer="/valid_to",
            field="valid_to",
        ),
    ]


def move_checks(state: QualificationState, event: QualificationEvent) -> list[Check]:
    """Check that something can happen to a qualification as it stands."""
    return [TESTING.move(MOVES, state, event)]


def other_person_checks(stated_by: UUID, acting: UUID) -> list[Check]:
    """Check that nobody verifies what he has stated himself (X03)."""
    return [DUTIES.check("SOD_VIOLATION", Kind.SCOPE, passed=stated_by != acting)]


def holds_on(
    state: QualificationState,
    valid_from: date,
    valid_to: date | None,
    revoked_on: date | None,
    day: date,
) -> bool:
    """Tell whether a qualification holds on a day: its last day counts (A070).

    A paper that was revoked or followed by another one held until then.
    """
    if state is QualificationState.REFUSED or valid_from > day:
        return False
    if valid_to is not None and day > valid_to:
        return False
    return state in HOLDING or (revoked_on is not None and day < revoked_on)

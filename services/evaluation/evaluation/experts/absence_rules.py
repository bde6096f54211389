"""When an expert is away: days on which he is asked for no panel (A119).

First and last day are both days away. Illness is no kind of its own: what ails a person is
sensitive data, and no rule asks for it. What has begun may be ended earlier and is not taken back,
since it was relied on.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from shared.expecting import between
from shared.rules import Check, Kind, Rule, Said

AWAY: Final = Rule("A119", "四(三)2")
# Who is away for longer leaves the pool and returns to it.
MOST_DAYS: Final = 366


class AbsenceKind(StrEnum):
    """What keeps an expert away."""

    LEAVE = "leave"
    TRAVEL = "travel"
    STUDY = "study"
    OTHER_DUTY = "other_duty"
    PERSONAL = "personal"


class AbsenceState(StrEnum):
    """Whether the days are kept free; a withdrawn absence keeps nothing free."""

    STANDING = "standing"
    WITHDRAWN = "withdrawn"


class AbsenceEvent(StrEnum):
    """What happens to an absence."""

    END = "end"
    WITHDRAW = "withdraw"


MOVES: Final[Mapping[tuple[AbsenceState, AbsenceEvent], AbsenceState]] = {
    (AbsenceState.STANDING, AbsenceEvent.END): AbsenceState.STANDING,
    (AbsenceState.STANDING, AbsenceEvent.WITHDRAW): AbsenceState.WITHDRAWN,
}


@dataclass(frozen=True, slots=True)
class Days:
    """Days in a row, the first and the last of them included."""

    from_on: date
    until_on: date

    def meets(self, other: "Days") -> bool:
        """Tell whether a day is in both."""
        return self.from_on <= other.until_on and other.from_on <= self.until_on


def away_checks(
    expert_id: UUID, away: Iterable[Days], work: Days, *, pointer: str | None = None
) -> list[Check]:
    """Name each absence of an expert with a day of a panel's work in it; none where he is there.

    The days are told and not what keeps him away.
    """
    return [
        AWAY.check(
            "EXPERT_AWAY",
            Kind.CONTENT,
            passed=False,
            pointer=pointer,
            expert_id=str(expert_id),
            from_on=days.from_on.isoformat(),
            until_on=days.until_on.isoformat(),
            work_from=work.from_on.isoformat(),
            work_until=work.until_on.isoformat(),
        )
        for days in sorted(away, key=lambda one: one.from_on)
        if days.meets(work)
    ]


def recording_checks(
    days: Days, standing: Iterable[Days], visited: Iterable[date], today: date
) -> list[Check]:
    """Check that an absence has its days in order, is not over, not endless, and new.

    `visited` are the days of visits whose report the expert signed: on those he was there.
    """
    longest = days.from_on + timedelta(days=MOST_DAYS - 1)
    earliest = max(days.from_on, today)
    met = [one for one in standing if one.meets(days)]
    seen = sorted(day.isoformat() for day in visited if days.meets(Days(day, day)))
    return [
        AWAY.check(
            "DAYS_REVERSED",
            Kind.CONTENT,
            passed=days.from_on <= days.until_on,
            pointer="/until_on",
        ),
        AWAY.check(
            "FIELD_INVALID",
            Kind.CONTENT,
            passed=days.until_on < days.from_on or today <= days.until_on <= longest,
            pointer="/until_on",
            field="until_on",
            expected=between(earliest, longest),
        ),
        AWAY.check(
            "FIELD_INVALID",
            Kind.CONTENT,
            passed=not seen,
            pointer="/from_on",
            field="from_on",
            expected=Said(
                "days without a visit that the expert signed", "该专家已签字的考察日除外"
            ),
            given=seen[:5],
        ),
        AWAY.check(
            "ABSENCES_OVERLAP",
            Kind.STATE,
            passed=not met,
            pointer="/from_on",
            days=[f"{one.from_on.isoformat()}/{one.until_on.isoformat()}" for one in met],
        ),
    ]


def ending_checks(state: AbsenceState, days: Days, until_on: date, today: date) -> list[Check]:
    """Check that an absence that is not over may end on an earlier day of its own."""
    latest = days.until_on - timedelta(days=1)
    return [
        AWAY.move(MOVES, state, AbsenceEvent.END),
        AWAY.check(
            "ABSENCE_OVER",
            Kind.STATE,
            passed=today <= days.until_on,
            until_on=days.until_on.isoformat(),
        ),
        AWAY.check(
            "FIELD_INVALID",
            Kind.CONTENT,
            passed=days.from_on <= until_on <= latest,
            pointer="/until_on",
            field="until_on",
            expected=between(days.from_on, latest),
        ),
    ]


def withdrawal_checks(state: AbsenceState, days: Days, today: date) -> list[Check]:
    """Check that an absence stands and did not begin before today: who was away, was."""
    return [
        AWAY.move(MOVES, state, AbsenceEvent.WITHDRAW),
        AWAY.check(
            "ABSENCE_BEGUN",
            Kind.STATE,
            passed=days.from_on >= today,
            from_on=days.from_on.isoformat(),
        ),
    ]

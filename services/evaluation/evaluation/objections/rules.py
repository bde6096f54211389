"""How a published result is objected to: in time, on single leaves, decided by a handler."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final

from evaluation.cycles.rules import Way
from evaluation.schemes.rules import Scheme, Source
from shared.calendar import WorkingDays
from shared.rules import Check, Kind, Policy, Rule, Said
from shared.tasks import TaskKind

OBJECTING: Final = Rule("X09", "practice")
REOPENING: Final = Rule("A126", "四(四)")


class State(StrEnum):
    """Where an objection stands."""

    OPEN = "open"
    UPHELD = "upheld"
    DISMISSED = "dismissed"


class Event(StrEnum):
    """How an objection is decided."""

    UPHOLD = "uphold"
    DISMISS = "dismiss"


# The whole machine: a pair that is absent is refused, so that a decision is made once.
MOVES: Final[Mapping[tuple[State, Event], State]] = {
    (State.OPEN, Event.UPHOLD): State.UPHELD,
    (State.OPEN, Event.DISMISS): State.DISMISSED,
}
DECIDE_TASK: Final = TaskKind(
    "objection.decide",
    "处理对评估结果的异议",
    "Decide an objection to a result",
    OBJECTING,
    "POST",
    "/v1/evaluation/objections/{id}/decision",
)


def last_day(policy: Policy, calendar: WorkingDays, published_on: date) -> date:
    """Give the last day for an objection, included (X09, X10)."""
    return calendar.add(published_on, policy.value("X09", "objection_working_days"))


def period_checks(policy: Policy, last_on: date, today: date) -> list[Check]:
    """Check that the time for objecting is not over: its last day is still part of it."""
    return [
        policy.rule("X09").check(
            "OBJECTION_TOO_LATE",
            Kind.STATE,
            passed=today <= last_on,
            last_on=last_on.isoformat(),
            today=today.isoformat(),
        )
    ]


def first_open_day(policy: Policy, calendar: WorkingDays, today: date) -> date:
    """Give the first day of publication whose days for objecting are not over today (X09)."""
    day = today
    while last_day(policy, calendar, day - timedelta(days=1)) >= today:
        day -= timedelta(days=1)
    return day


def leaf_checks(asked: Sequence[str], known: Collection[str]) -> list[Check]:
    """Check that every leaf is one of those, and named once."""
    unknown = sorted({code for code in asked if code not in known})
    twice = sorted({code for code in asked if asked.count(code) > 1})
    return [
        REOPENING.check(
            "INDICATOR_UNKNOWN",
            Kind.CONTENT,
            passed=not unknown and not twice,
            pointer="/leaves",
            expected=", ".join(sorted(known)),
            given=[*unknown, *twice],
        )
    ]


def ways_of(codes: Sequence[str], scheme: Scheme) -> dict[Way, list[str]]:
    """Say how each leaf is judged anew: from facts known now, by new sheets, by a correction."""
    ways: dict[Way, list[str]] = {way: [] for way in Way}
    for leaf in scheme.leaves():
        if leaf.code not in codes:
            continue
        if leaf.query is None:
            ways[Way.SCORED].append(leaf.code)
        elif leaf.query.source is Source.REPORT:
            ways[Way.REPORTED].append(leaf.code)
        else:
            ways[Way.COUNTED].append(leaf.code)
    return ways


def anew_checks(ways: Mapping[Way, Sequence[str]], *, reported: bool, scored: bool) -> list[Check]:
    """Check that what is to be judged anew was judged: a report sent in, sheets handed in."""
    passed = (reported or not ways[Way.REPORTED]) and (scored or not ways[Way.SCORED])
    return [
        REOPENING.check(
            "FIELD_INVALID",
            Kind.CONTENT,
            passed=passed,
            pointer="/leaves",
            field="leaves",
            expected=Said(
                "leaves that were counted, reported or scored", "应为已计数、申报或评分的末级指标"
            ),
        )
    ]


def decision_checks(state: State, event: Event) -> list[Check]:
    """Check that an objection still waits for its decision."""
    return [OBJECTING.move(MOVES, state, event)]


def codes_of(leaves: Sequence[Mapping[str, Any]]) -> list[str]:
    """Name the leaves of an objection."""
    return [str(leaf["code"]) for leaf in leaves]

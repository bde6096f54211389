"""What every rule can say by itself: that a machine has a step, and that a day is not ahead."""

from datetime import date
from enum import StrEnum

import pytest

from shared.rules import Check, Kind, Rule

RULE = Rule("A049", "三(一)")
TODAY = date(2026, 1, 12)


class State(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class Event(StrEnum):
    CLOSE = "close"
    REOPEN = "reopen"


MOVES = {(State.OPEN, Event.CLOSE): State.CLOSED}


def said(check: Check) -> tuple[bool, str, Kind]:
    return check.passed, check.code, check.kind


@pytest.mark.parametrize(
    ("day", "passed"),
    [(date(2026, 1, 11), True), (TODAY, True), (date(2026, 1, 13), False), (None, True)],
)
def test_today_is_past_and_tomorrow_is_not(day: date | None, *, passed: bool) -> None:
    check = RULE.past(day, TODAY, "/given_on")
    assert said(check) == (passed, "DAY_IN_FUTURE", Kind.CONTENT)
    assert (check.pointer, dict(check.params)) == ("/given_on", {"today": "2026-01-12"})


@pytest.mark.parametrize(("event", "passed"), [(Event.CLOSE, True), (Event.REOPEN, False)])
def test_a_step_that_a_machine_lacks_tells_those_that_it_has(event: Event, *, passed: bool) -> None:
    check = RULE.move(MOVES, State.OPEN, event)
    assert said(check) == (passed, "STATE_CONFLICT", Kind.STATE)
    assert check.params == {"state": "open", "event": event.value, "allowed": ["close"]}

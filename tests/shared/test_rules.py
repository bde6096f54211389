"""What every rule can say by itself: that a machine has a step, and that a day is not ahead."""

from datetime import date
from enum import StrEnum

import pytest

from shared.rules import Check, Kind, Refused, Rule, Severity, failed_codes, found, require

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


def test_a_machine_tells_the_steps_of_its_state_alone() -> None:
    moves = {**MOVES, (State.CLOSED, Event.REOPEN): State.OPEN}
    assert RULE.move(moves, State.CLOSED, Event.CLOSE).params["allowed"] == ["reopen"]


@pytest.mark.parametrize(
    ("passed", "severity", "refuses"),
    [(True, Severity.ERROR, False), (False, Severity.ERROR, True),
     (True, Severity.WARNING, False), (False, Severity.WARNING, False)],
)  # fmt: skip
def test_what_failed_refuses_unless_it_is_a_warning(
    severity: Severity, *, passed: bool, refuses: bool
) -> None:
    check = RULE.check("A_CODE", Kind.STATE, passed=passed, severity=severity)
    assert check.refuses is refuses
    assert failed_codes([check]) == ([] if passed else ["A_CODE"])


def test_a_refusal_has_every_failed_check_the_worst_kind_first() -> None:
    checks = [
        RULE.check("STATE", Kind.STATE, passed=False),
        RULE.check("FINE", Kind.HIDDEN, passed=True),
        RULE.check("WARNED", Kind.SCOPE, passed=False, severity=Severity.WARNING),
        RULE.check("CONTENT", Kind.CONTENT, passed=False),
        RULE.check("STALE", Kind.STALE, passed=False),
        RULE.check("SCOPE", Kind.SCOPE, passed=False),
        RULE.check("HIDDEN", Kind.HIDDEN, passed=False),
        RULE.check("STATE", Kind.STATE, passed=False),
    ]
    with pytest.raises(Refused, match=r"^HIDDEN, SCOPE, STALE, CONTENT, STATE$") as refused:
        require(checks)
    codes = [check.code for check in refused.value.checks]
    assert codes == ["HIDDEN", "SCOPE", "STALE", "CONTENT", "STATE", "STATE"]


def test_what_only_warns_is_given_back() -> None:
    warned = RULE.check("WARNED", Kind.SCOPE, passed=False, severity=Severity.WARNING)
    assert require([RULE.check("FINE", Kind.STATE, passed=True), warned]) == [warned]


def test_what_one_may_not_see_does_not_exist() -> None:
    assert found(0) == 0
    with pytest.raises(Refused, match=r"^NOT_FOUND$") as refused:
        found(None)
    assert [said(check) for check in refused.value.checks] == [(False, "NOT_FOUND", Kind.HIDDEN)]

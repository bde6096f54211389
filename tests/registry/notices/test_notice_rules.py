"""The days of a notice and what an objection needs; no database."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from registry.notices.rules import (
    DECIDED,
    ObjectionDecision,
    ObjectionState,
    State,
    closing_day,
    decision_checks,
    filing_checks,
    inquiry_checks,
    masked,
    objection_checks,
    period_checks,
    reading_checks,
    reply_checks,
    reply_due_on,
)
from registry.programme.reference import PARAMETERS, clauses
from shared.calendar import WorkingDays
from shared.rules import Policy, failed_codes

POLICY = Policy("2016", clauses(), PARAMETERS)
CLOSES = date(2026, 3, 9)
HANDLER, SOMEBODY = UUID(int=1), UUID(int=2)
NOW = datetime(2026, 3, 9, 2, tzinfo=UTC)


@pytest.mark.requirement("X09", "X10")
@pytest.mark.parametrize(
    ("opens_on", "closes_on"),
    [
        (date(2026, 3, 2), date(2026, 3, 9)),  # A Monday.
        (date(2026, 3, 7), date(2026, 3, 13)),  # A Saturday.
        (date(2026, 9, 30), date(2026, 10, 13)),  # Holidays, then a Saturday that is worked.
    ],
)
def test_five_working_days_begin_after_the_notice_appears(opens_on: date, closes_on: date) -> None:
    assert closing_day(POLICY, WorkingDays(), opens_on) == closes_on


@pytest.mark.requirement("X09")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("today", "is_over"),
    [(date(2026, 3, 8), False), (CLOSES, False), (date(2026, 3, 10), True)],
)
def test_the_last_day_belongs_to_the_notice(today: date, *, is_over: bool) -> None:
    assert failed_codes(period_checks(CLOSES, today)) == ([] if is_over else ["NOTICE_OPEN"])


@pytest.mark.requirement("X09")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("name", "contact", "count"),
    [
        ("某公司", "021-1", 0),
        ("", "021-1", 1),
        ("  ", "021-1", 1),
        ("匿名", "021-1", 1),
        ("匿名用户", "021-1", 1),
        ("匿 名", "021-1", 1),
        ("Ａｎｏｎｙｍｏｕｓ user", "021-1", 1),
        ("N/A", "021-1", 1),
        ("123", "021-1", 1),
        ("。", "021-1", 1),
        ("\u200b", "021-1", 1),
        ("李四", "---", 1),
        ("Nona Ltd", "a@b.cn", 0),
        ("Anonymous", "021-1", 1),
        ("某公司", " ", 1),
        ("佚名", "021-1", 1),
        ("热心\u200b市民", "021-1", 1),
        ("不愿透露姓名的员工", "021-1", 1),
        ("市民张三", "021-1", 0),
        ("某某装备公司", "021-1", 0),
        ("某公司", "无", 1),
        ("某公司", "N/A", 1),
        ("某公司", "不便提供。", 1),
        ("某公司", "无锡路1号", 0),
        ("", "", 2),
    ],
)
def test_an_objection_has_a_name_that_can_be_reached(name: str, contact: str, count: int) -> None:
    checks = filing_checks(name, contact, state=State.OPEN, closes_on=CLOSES, today=CLOSES)
    assert failed_codes(checks) == ["OBJECTION_ANONYMOUS"] * count


@pytest.mark.requirement("X09")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("state", "today", "taken"),
    [
        (State.OPEN, CLOSES, True),
        (State.OPEN, date(2026, 3, 10), False),
        (State.CLOSED, CLOSES, False),
        (State.WITHDRAWN, CLOSES, False),
    ],
)
def test_an_objection_comes_while_the_notice_is_open(
    state: State, today: date, *, taken: bool
) -> None:
    checks = filing_checks("某公司", "021-1", state=state, closes_on=CLOSES, today=today)
    assert failed_codes(checks) == ([] if taken else ["STATE_CONFLICT"])


@pytest.mark.refusing
@pytest.mark.parametrize("state", list(ObjectionState))
@pytest.mark.parametrize("decision", list(ObjectionDecision))
def test_an_objection_is_decided_once(state: ObjectionState, decision: ObjectionDecision) -> None:
    known = (state, decision) in DECIDED
    assert known == (state is ObjectionState.OPEN)
    checks = decision_checks(state, decision, {HANDLER}, SOMEBODY)
    assert failed_codes(checks) == ([] if known else ["STATE_CONFLICT"])


@pytest.mark.requirement("X09", "X03")
@pytest.mark.refusing
def test_who_handled_a_case_decides_no_objection_to_it() -> None:
    for acting, expected in ((HANDLER, ["SOD_VIOLATION"]), (SOMEBODY, [])):
        checks = decision_checks(
            ObjectionState.OPEN, ObjectionDecision.DISMISSED, {HANDLER}, acting
        )
        assert failed_codes(checks) == expected


@pytest.mark.requirement("X09")
@pytest.mark.refusing
@pytest.mark.parametrize("state", list(ObjectionState))
@pytest.mark.parametrize("count", [0, 19, 20])
def test_questions_end_with_the_decision_and_are_not_endless(
    state: ObjectionState, count: int
) -> None:
    asked = state is ObjectionState.OPEN and count < 20
    assert failed_codes(inquiry_checks(state, count)) == ([] if asked else ["STATE_CONFLICT"])
    for answered in (False, True):
        taken = state is ObjectionState.OPEN and not answered
        checks = reply_checks(state, answered=answered)
        assert failed_codes(checks) == ([] if taken else ["STATE_CONFLICT"])


@pytest.mark.requirement("X09", "X10")
def test_an_answer_is_due_on_the_fifth_working_day() -> None:
    assert reply_due_on(POLICY, WorkingDays(), date(2026, 3, 6)) == date(2026, 3, 13)


@pytest.mark.requirement("X09")
@pytest.mark.refusing
def test_one_open_objection_among_many_holds_the_case() -> None:
    states = [ObjectionState.DISMISSED, ObjectionState.OPEN]
    assert failed_codes(objection_checks(states)) == ["OBJECTION_PENDING"]
    assert failed_codes(objection_checks([ObjectionState.DISMISSED] * 3)) == []
    assert failed_codes(objection_checks([])) == []


@pytest.mark.requirement("X12")
@pytest.mark.parametrize(
    ("contact", "shown"),
    [
        ("legal@example.com", "l***@example.com"),
        ("@example.com", "***@example.com"),
        ("021-12345678", "****5678"),
        ("1234", "****"),
        ("12345", "****2345"),
        ("", "****"),
    ],
)
def test_a_contact_is_masked_whatever_it_is(contact: str, shown: str) -> None:
    assert masked(contact) == shown


@pytest.mark.requirement("X12")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("asked_at", "expected"),
    [
        (None, ["NOT_FOUND"]),
        (NOW, []),
        (NOW - timedelta(minutes=15) + timedelta(microseconds=1), []),
        (NOW - timedelta(minutes=15), ["NOT_FOUND"]),
    ],
)
def test_a_contact_is_read_for_a_quarter_of_an_hour(
    asked_at: datetime | None, expected: list[str]
) -> None:
    assert failed_codes(reading_checks(asked_at, NOW)) == expected

"""The days of a run, on both sides of each boundary, and that what it rests on stands."""

from datetime import UTC, date, datetime

import pytest

from ip_ledger.distributions import rules
from shared.rules import failed_codes

DAY = date(2026, 3, 2)
# 07:59 of 2 March in Shanghai.
APPROVED = datetime(2026, 3, 1, 23, 59, tzinfo=UTC)


@pytest.mark.requirement("A033")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("approved_at", "paid_on", "codes"),
    [
        (APPROVED, DAY, []),
        (APPROVED, date(2026, 3, 1), ["DAYS_OUT_OF_ORDER"]),
        (APPROVED, date(2026, 3, 3), ["DAY_IN_FUTURE"]),
        (None, date(2026, 3, 1), []),
    ],
)
def test_a_run_is_paid_from_the_day_of_its_approval_on(
    approved_at: datetime | None, paid_on: date, codes: list[str]
) -> None:
    assert failed_codes(rules.payment_date_checks(approved_at, paid_on, DAY)) == codes


@pytest.mark.requirement("X07")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("effective_on", "codes"),
    [
        (date(2026, 3, 1), []),
        (date(2026, 2, 28), ["REVERSAL_BEFORE_ORIGINAL"]),
        (date(2026, 3, 3), ["DAY_IN_FUTURE"]),
    ],
)
def test_a_run_is_undone_no_earlier_than_it_was_paid(effective_on: date, codes: list[str]) -> None:
    assert failed_codes(rules.reversal_date_checks(date(2026, 3, 1), effective_on, DAY)) == codes


@pytest.mark.requirement("X07")
@pytest.mark.refusing
def test_a_correcting_run_is_paid_on_the_day_of_its_plan() -> None:
    assert failed_codes(rules.correction_day_checks(DAY, DAY)) == []
    other = rules.correction_day_checks(DAY, date(2026, 3, 1))
    assert failed_codes(other) == ["DAYS_OUT_OF_ORDER"]


@pytest.mark.requirement("A033")
@pytest.mark.refusing
def test_a_plan_is_stale_once_anything_behind_it_has_moved() -> None:
    assert failed_codes(rules.input_checks("a", "a")) == []
    assert failed_codes(rules.input_checks("a", "b")) == ["STALE_INPUT"]

"""Vector C7-5: a member whose last day is within the year."""

from datetime import date
from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ip_ledger.distributions import exit_rules

A, B, C = ORDER = tuple(UUID(int=n) for n in (1, 2, 3))
SHARES = {A: 400_000, B: 350_000, C: 250_000}
LEFT = {C: date(2026, 6, 30)}


@pytest.mark.requirement("A086")
def test_by_days_of_membership() -> None:
    paid = exit_rules.day_weighted(100_000_000, 2026, SHARES, LEFT, ORDER)
    assert [paid[party] for party in ORDER] == [46_721_461, 40_881_279, 12_397_260]


@pytest.mark.requirement("A086")
def test_by_the_day_of_each_income() -> None:
    incomes = [(date(2026, 3, 15), 60_000_000), (date(2026, 9, 20), 40_000_000)]
    paid = exit_rules.event_dated(incomes, SHARES, LEFT, ORDER)
    assert [paid[party] for party in ORDER] == [45_333_333, 39_666_667, 15_000_000]


def test_the_last_day_is_still_the_members_own() -> None:
    assert exit_rules.parts_on(SHARES, LEFT, date(2026, 6, 30))[C] == Fraction(1, 4)
    assert exit_rules.parts_on(SHARES, LEFT, date(2026, 7, 1))[C] == 0


@pytest.mark.requirement("A086")
@pytest.mark.refusing
def test_where_nobody_stays_nothing_is_shared() -> None:
    with pytest.raises(ValueError, match="nobody"):
        exit_rules.respread(SHARES, frozenset(ORDER))


@given(st.integers(0, 10**12), st.dates(date(2025, 6, 1), date(2027, 6, 1)))
def test_whatever_the_last_day_the_pool_is_paid_out_whole(pool: int, last: date) -> None:
    paid = exit_rules.day_weighted(pool, 2026, SHARES, {C: last}, ORDER)
    assert sum(paid.values()) == pool
    assert 0 <= paid[C] <= -(-pool // 4)

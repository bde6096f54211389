"""Who shares a year's profit, and in what: on both sides of each bound; no database."""

from datetime import date, timedelta
from fractions import Fraction
from uuid import UUID

import pytest

from ip_ledger.contributions import profit_rules as rules
from ip_ledger.contributions.profit_rules import Shareholder, Subscription
from shared.rules import failed_codes

ONE, TWO, THREE = UUID(int=1), UUID(int=2), UUID(int=3)
DAY = date(2027, 3, 1)
LATER = DAY + timedelta(days=1)


@pytest.mark.requirement("A086")
def test_capital_counts_as_it_stood_at_the_end_of_the_day() -> None:
    promises = [
        Subscription(THREE, LATER, 900, ((LATER, 900),)),
        Subscription(ONE, DAY, 100, ((DAY, 60), (LATER, 40)), ((LATER, 100),)),
        Subscription(TWO, DAY, 50, (), ((DAY, 50),)),
        Subscription(ONE, DAY, 30, ((DAY, 30),), ((DAY, 10),)),
    ]
    assert rules.shareholders_on(promises, DAY) == [Shareholder(ONE, 120, 90)]
    assert rules.shareholders_on(promises, LATER) == [
        Shareholder(THREE, 900, 900), Shareholder(ONE, 20, 130),
    ]  # fmt: skip


@pytest.mark.requirement("A086")
@pytest.mark.parametrize(
    ("profit", "before", "capital", "reserve"),
    [
        (1_000_000, 0, 10_000_000, 100_000),
        # A tenth of a 分 is a 分.
        (1_000_001, 0, 10_000_000, 100_001),
        (1_000_000, 4_950_000, 10_000_000, 50_000),
        (1_000_000, 4_999_999, 10_000_001, 1),
        (1_000_000, 5_000_000, 10_000_000, 0),
        (1_000_000, 9_000_000, 10_000_000, 0),
        (0, 0, 10_000_000, 0),
    ],
)
def test_a_tenth_is_kept_until_half_of_the_capital_is(
    profit: int, before: int, capital: int, reserve: int
) -> None:
    assert rules.reserve_fen(profit, before, capital) == reserve


HOLDERS = [Shareholder(ONE, 100, 60), Shareholder(TWO, 100, 0)]
ALL = [(ONE, 400_000), (TWO, 600_000)]


@pytest.mark.requirement("A086")
@pytest.mark.parametrize(
    ("holders", "agreed", "attached", "consents", "codes"),
    [
        (HOLDERS, None, False, [], []),
        ([Shareholder(ONE, 100, 1)], None, False, [], []),
        ([Shareholder(ONE, 100, 0)], None, False, [], ["CAPITAL_MISSING"]),
        ([], None, False, [], ["CAPITAL_MISSING"]),
        (HOLDERS, ALL, True, [TWO, ONE], []),
        (HOLDERS, ALL, True, [ONE], ["CONSENT_MISSING"]),
        (HOLDERS, ALL, False, [ONE, TWO], ["CONSENT_MISSING"]),
        (HOLDERS, [(ONE, 999_999)], True, [ONE, TWO], ["SHARES_NOT_100"]),
        (HOLDERS, [(ONE, 500_000), (THREE, 500_000)], True, [ONE, TWO], ["PARTY_UNKNOWN"]),
        (HOLDERS, [(ONE, 500_000), (ONE, 500_000)], True, [ONE, TWO], ["PARTY_REPEATED"]),
    ],
)
def test_profit_goes_by_capital_paid_in_or_as_all_have_agreed(
    holders: list[Shareholder], agreed: list[tuple[UUID, int]] | None, consents: list[UUID],
    codes: list[str], *, attached: bool,
) -> None:  # fmt: skip
    checks = rules.profit_checks(holders, agreed, consent_attached=attached, consents=consents)
    assert failed_codes(checks) == codes


@pytest.mark.requirement("A086")
def test_unpaid_capital_earns_nothing_by_law_and_what_was_agreed_by_agreement() -> None:
    holders = [*HOLDERS, Shareholder(THREE, 30, 30)]
    assert rules.profit_quotas(100, holders, None) == {
        ONE: Fraction(200, 3), TWO: 0, THREE: Fraction(100, 3),
    }  # fmt: skip
    assert rules.profit_quotas(100, holders, {TWO: 600_000, ONE: 400_000}) == {
        ONE: 40, TWO: 60, THREE: 0,
    }  # fmt: skip

"""The law's figures for inventors: bonuses by day of grant, years of own use, parts to the 分."""

from datetime import date
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ip_ledger.assets.rules import AssetKind
from ip_ledger.rewards import rules
from ip_ledger.rewards.rules import Maker, ProfitYear
from shared.rules import failed_codes


@pytest.mark.requirement("A033")
@pytest.mark.parametrize(
    ("kind", "granted_on", "least_fen"),
    [
        (AssetKind.INVENTION, date(2024, 1, 19), 300_000),
        (AssetKind.INVENTION, date(2024, 1, 20), 400_000),
        (AssetKind.UTILITY, date(2024, 1, 19), 100_000),
        (AssetKind.UTILITY, date(2024, 1, 20), 150_000),
        (AssetKind.DESIGN, date(2025, 11, 28), 150_000),
    ],
)
def test_the_least_bonus_goes_by_the_day_of_the_announcement(
    kind: AssetKind, granted_on: date, least_fen: int
) -> None:
    assert rules.least_bonus_fen(kind, granted_on) == least_fen
    below = rules.bonus_checks(kind, granted_on, least_fen - 1, is_agreed=False)
    assert failed_codes(below) == ["REWARD_BELOW_FLOOR"]
    assert failed_codes(rules.bonus_checks(kind, granted_on, least_fen, is_agreed=False)) == []
    assert failed_codes(rules.bonus_checks(kind, granted_on, 1, is_agreed=True)) == []


@pytest.mark.requirement("A033")
def test_a_bonus_is_due_three_months_after_the_announcement() -> None:
    assert rules.bonus_due_on(date(2025, 11, 28)) == date(2026, 2, 28)
    assert rules.bonus_due_on(date(2025, 11, 30)) == date(2026, 2, 28)


@pytest.mark.requirement("A033")
@pytest.mark.refusing
def test_what_is_no_granted_patent_has_no_bonus() -> None:
    for kind, day in ((AssetKind.SOFTWARE, date(2025, 1, 1)), (AssetKind.INVENTION, None)):
        checks = rules.bonus_checks(kind, day, 500_000, is_agreed=False)
        assert failed_codes(checks) == ["NOT_GRANTED"]


@pytest.mark.requirement("A033")
def test_an_institution_owes_five_years_from_the_first_profitable_one() -> None:
    years = [ProfitYear(2020, -1), ProfitYear(2021, 5), ProfitYear(2022, -7), ProfitYear(2025, 1)]
    owed = rules.owed_years(years, date(2020, 3, 1), is_institution=True, agreed_years=3)
    assert list(owed) == [2021, 2022, 2023, 2024, 2025]
    others = rules.owed_years(years, date(2020, 3, 1), is_institution=False, agreed_years=3)
    assert list(others) == [2020, 2021, 2022]
    assert not rules.owed_years(years[:1], date(2020, 3, 1), is_institution=True, agreed_years=3)


@pytest.mark.requirement("A033")
def test_a_year_of_loss_gives_nothing_and_a_year_of_profit_its_twentieth_rounded_up() -> None:
    def reward(fen: int, rate: int | None = None, *, state: bool = True) -> tuple[int, int]:
        return rules.profit_reward(fen, rate, is_owed=True, is_institution=state)

    assert reward(-5) == (0, 0)
    assert reward(101) == (6, 6)
    assert reward(10_000, 40_000) == (400, 500)
    assert reward(10_000, 40_000, state=False) == (400, 0)
    assert failed_codes(rules.profit_checks(*reward(10_000, 40_000))) == ["REWARD_BELOW_FLOOR"]


@given(st.integers(0, 10**12), st.lists(st.integers(1, 10**6), min_size=1, max_size=8))
def test_inventors_parts_sum_to_the_reward(amount_fen: int, ppm: list[int]) -> None:
    makers = [Maker(uuid4(), uuid4(), part) for part in ppm]
    parts = rules.divided(amount_fen, makers)
    assert sum(parts) == amount_fen
    assert min(parts) >= 0

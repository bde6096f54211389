"""The law's figures for inventors: bonuses by day of grant, years of own use, parts to the 分."""

from datetime import date
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ip_ledger.assets.rules import AssetKind
from ip_ledger.rewards import rules
from ip_ledger.rewards.rules import Maker, ProfitYear, State
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


DAY = date(2026, 3, 2)


@pytest.mark.requirement("A033")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("state", "amount_fen", "paid_on", "codes"),
    [
        (State.DUE, 1, DAY, []),
        (State.DUE, 100, DAY, []),
        (State.DUE, 101, DAY, ["PAYMENT_EXCEEDED"]),
        (State.DUE, 1, date(2026, 3, 1), []),
        (State.DUE, 1, date(2026, 2, 28), ["DAYS_OUT_OF_ORDER"]),
        (State.DUE, 1, date(2026, 3, 3), ["DAY_IN_FUTURE"]),
        (State.PAID, 1, DAY, ["STATE_CONFLICT"]),
        (State.CANCELLED, 100, DAY, ["STATE_CONFLICT"]),
    ],
)
def test_a_payment_is_of_what_is_left_and_from_the_day_of_the_record_on(
    state: State, amount_fen: int, paid_on: date, codes: list[str]
) -> None:
    checks = rules.payment_checks(state, 100, amount_fen, paid_on, date(2026, 3, 1), DAY)
    assert failed_codes(checks) == codes


@pytest.mark.requirement("A033")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("year", "known", "codes"),
    [
        (2024, (), []),
        (2023, (), ["DAYS_OUT_OF_ORDER"]),
        (2025, (2024,), []),
        (2025, (), ["DAYS_OUT_OF_ORDER"]),
        (2024, (2024,), ["ALREADY_EXISTS"]),
        (2026, (2024, 2025), ["DAY_IN_FUTURE"]),
    ],
)
def test_a_year_of_own_use_has_ended_and_follows_the_one_before(
    year: int, known: tuple[int, ...], codes: list[str]
) -> None:
    assert failed_codes(rules.year_checks(year, date(2024, 5, 1), known, DAY)) == codes


@pytest.mark.requirement("A033")
@pytest.mark.parametrize(
    ("profit_fen", "rate_ppm", "institution", "reward"),
    [
        (1, None, True, (1, 1)),
        (0, None, True, (0, 0)),
        (30, 50_000, False, (2, 0)),
        (30, 50_001, False, (2, 0)),
        (30, 40_000, True, (1, 2)),
        (25, 50_000, True, (2, 2)),
        (25, 49_999, True, (1, 2)),
    ],
)
def test_the_law_s_part_is_rounded_up_and_another_rate_to_the_nearest(
    profit_fen: int, rate_ppm: int | None, institution: bool, reward: tuple[int, int]
) -> None:
    given = rules.profit_reward(profit_fen, rate_ppm, is_owed=True, is_institution=institution)
    assert given == reward
    never = rules.profit_reward(profit_fen, rate_ppm, is_owed=False, is_institution=institution)
    assert never == (0, 0)


@pytest.mark.requirement("A033")
def test_a_year_without_profit_begins_no_years_of_an_institution() -> None:
    years = [ProfitYear(2022, -5), ProfitYear(2023, 0), ProfitYear(2024, 1)]
    owed = rules.owed_years(years, date(2022, 1, 1), is_institution=True, agreed_years=3)
    assert owed == range(2024, 2029)
    others = rules.owed_years(years, date(2022, 1, 1), is_institution=False, agreed_years=3)
    assert others == range(2022, 2025)


@pytest.mark.requirement("A033")
@pytest.mark.parametrize(
    ("org_type", "uscc", "is_institution"),
    [
        ("university", "12310000425006790C", True),
        ("institute", "91310000425006790C", False),
        ("research_institute", "52310000425006790C", False),
        ("company", "12310000425006790C", False),
    ],
)
def test_a_state_institution_is_no_company_and_no_private_unit(
    org_type: str, uscc: str, is_institution: bool
) -> None:
    assert rules.is_state_institution(org_type, uscc) is is_institution


@pytest.mark.requirement("A033")
def test_only_the_head_of_a_unit_needs_publicity_first() -> None:
    assert failed_codes(rules.publicity_checks(is_head_of_unit=False, published_on=None)) == []
    assert failed_codes(rules.publicity_checks(is_head_of_unit=True, published_on=DAY)) == []
    hidden = rules.publicity_checks(is_head_of_unit=True, published_on=None)
    assert failed_codes(hidden) == ["PUBLICITY_MISSING"]


@pytest.mark.requirement("A033")
def test_the_law_names_three_to_five_years_and_a_twentieth_of_the_profit() -> None:
    assert (rules.LEAST_YEARS, rules.MOST_YEARS, rules.INSTITUTION_YEARS) == (3, 5, 5)
    assert rules.PROFIT_PPM == 50_000
    assert rules.least_bonus_fen(AssetKind.DESIGN, date(2024, 1, 19)) == 100_000


OWN, OTHER, OWNER, STRANGER = (uuid4() for _ in range(4))
MAKERS = [Maker(OWN, OWNER, 600_000), Maker(OTHER, STRANGER, 300_000), Maker(OTHER, OWNER, 100_000)]


@pytest.mark.requirement("A033")
@pytest.mark.parametrize("kind", [AssetKind.SOFTWARE, AssetKind.KNOW_HOW])
def test_the_law_sets_no_bonus_for_what_is_no_patent(kind: AssetKind) -> None:
    for granted_on in (date(2020, 1, 1), date(2025, 1, 1)):
        assert rules.least_bonus_fen(kind, granted_on) == 0
    for day in (None, date(2025, 1, 1)):
        _, floor = rules.bonus_checks(kind, day, 0, is_agreed=False)
        assert (floor.passed, floor.params["min"]["amount"]) == (True, 0)


@pytest.mark.requirement("A033", "X04")
def test_an_owner_answers_for_itself_and_rewards_its_own() -> None:
    assert failed_codes(rules.owner_checks(OWNER, [OWNER])) == []
    for other in (STRANGER, None):
        assert failed_codes(rules.owner_checks(other, [OWNER])) == ["FORBIDDEN_SCOPE"]
    assert rules.own_makers(MAKERS, OWNER) == [MAKERS[0], MAKERS[2]]
    assert not any(maker.is_head_of_unit for maker in MAKERS)


@pytest.mark.requirement("A033")
@pytest.mark.parametrize(
    ("amount_fen", "parts"), [(100, [60, 30, 10]), (7, [4, 2, 1]), (1, [1, 0, 0]), (0, [0, 0, 0])]
)
def test_a_reward_goes_by_the_inventors_parts(amount_fen: int, parts: list[int]) -> None:
    assert rules.divided(amount_fen, MAKERS) == parts
    # Of the owner's own inventors the parts are of what they hold together.
    assert rules.divided(70, [MAKERS[0], MAKERS[2]]) == [60, 10]


@pytest.mark.requirement("A033")
@pytest.mark.parametrize(
    ("state", "amount_fen", "codes"),
    [
        (State.DUE, 99, []),
        (State.DUE, 100, []),
        (State.PARTLY_PAID, 100, []),
        (State.DUE, 101, ["PAYMENT_EXCEEDED"]),
        (State.PAID, 1, ["STATE_CONFLICT"]),
    ],
)
def test_no_more_is_paid_than_is_owed(state: State, amount_fen: int, codes: list[str]) -> None:
    day = date(2026, 6, 1)
    checks = rules.payment_checks(state, 100, amount_fen, day, day, day)
    assert failed_codes(checks) == codes


@pytest.mark.requirement("A033")
@pytest.mark.parametrize(
    ("profit_fen", "reward"), [(0, (0, 0)), (1, (1, 1)), (20, (1, 1)), (21, (2, 2))]
)
def test_a_year_without_profit_owes_nothing_and_the_smallest_one_a_cent(
    profit_fen: int, reward: tuple[int, int]
) -> None:
    assert rules.profit_reward(profit_fen, None, is_owed=True, is_institution=True) == reward
    nothing = rules.profit_reward(profit_fen, None, is_owed=False, is_institution=True)
    assert nothing == (0, 0)


@pytest.mark.requirement("A033")
def test_a_years_reward_reaches_the_laws_part() -> None:
    assert failed_codes(rules.profit_checks(500, 500)) == []
    assert failed_codes(rules.profit_checks(499, 500)) == ["REWARD_BELOW_FLOOR"]
    assert rules.last_day_of(2026) == date(2026, 12, 31)

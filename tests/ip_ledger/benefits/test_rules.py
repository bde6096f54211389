"""A pool's days and who shares, on both sides of each bound."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from ip_ledger.agreements.rules import ExitMethod
from ip_ledger.benefits import rules
from ip_ledger.benefits.rules import Membership, Pool
from shared.rules import failed_codes

ONE, TWO, NONE = UUID(int=1), UUID(int=2), UUID(int=3)
TODAY = date(2026, 6, 1)


def day(offset: int) -> date:
    return TODAY + timedelta(days=offset)


def members(last: int | None = None, **shares: int) -> Membership:
    ppm = {ONE: shares.get("one", 1_000_000), NONE: 0}
    return Membership(ppm, {} if last is None else {ONE: day(last)}, [ONE, NONE])


@pytest.mark.parametrize(("last", "stays"), [(None, True), (1, True), (0, True), (-1, False)])
def test_who_leaves_still_shares_on_the_last_day(last: int | None, *, stays: bool) -> None:
    assert members(last).stays_on(TODAY) is stays
    assert not members(last, one=0).stays_on(TODAY)


@pytest.mark.parametrize(
    ("incomes", "resolved", "leads", "entity", "codes", "pointer"),
    [
        ([0], 0, True, True, [], None),
        ([0], 0, False, True, ["FORBIDDEN_SCOPE"], None),
        ([0], 0, True, False, ["CONSORTIUM_NOT_REGISTERED"], None),
        ([0, 1], 0, True, True, ["DAYS_OUT_OF_ORDER"], "/incomes/1/received_on"),
        ([-200, 0], 0, True, True, ["DAYS_OUT_OF_ORDER"], "/incomes/0/received_on"),
        ([0, 1, 2], 0, True, True, ["DAYS_OUT_OF_ORDER"], "/incomes/1/received_on"),
        ([0], 1, True, True, ["DAY_IN_FUTURE"], None),
    ],
)
def test_a_pool_is_of_one_year_received_and_decided_on(
    incomes: list[int], resolved: int, codes: list[str], pointer: str | None,
    *, leads: bool, entity: bool,
) -> None:  # fmt: skip
    pool = Pool(2026, tuple((day(offset), 10) for offset in incomes))
    checks = rules.pool_checks(pool, day(resolved), TODAY, leads=leads, has_legal_entity=entity)
    assert failed_codes(checks) == codes
    assert checks[2].pointer == pointer
    assert pool.total_fen == 10 * len(incomes)


@pytest.mark.parametrize(
    ("membership", "codes"),
    [
        (None, ["IP_AGREEMENT_MISSING"]),
        (members(), []),
        (members(one=0), ["BENEFIT_SHARES_MISSING"]),
        (members(0), []),
        (members(-1), ["BENEFIT_SHARES_MISSING"]),
    ],
)
def test_each_day_finds_somebody_who_shares(
    membership: Membership | None, codes: list[str]
) -> None:
    checks = rules.membership_checks(membership, [TODAY, day(-5)])
    assert failed_codes(checks) == codes
    if membership is not None:
        absent = [] if membership.stays_on(TODAY) else ["2026-06-01"]
        assert [text for text in checks[0].params["days"] if text == "2026-06-01"] == absent


def test_days_are_each_incomes_or_the_years_last() -> None:
    pool = Pool(2026, ((TODAY, 7), (day(1), 3)))
    assert rules.days_of(pool, ExitMethod.DAY_WEIGHTED) == {date(2026, 12, 31)}
    assert rules.days_of(pool, ExitMethod.EVENT_DATED) == {TODAY, day(1)}
    both = Membership({ONE: 500_000, TWO: 500_000}, {TWO: TODAY}, [ONE, TWO])
    # On the day itself the leaver still shares: 7 is halved, with the odd unit to the first.
    assert rules.divided(pool, both, ExitMethod.EVENT_DATED) == {ONE: 7, TWO: 3}
    assert sum(rules.divided(pool, both, ExitMethod.DAY_WEIGHTED).values()) == 10

"""What an office wants for a right, and on which day: the law's own examples, and both sides."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ip_ledger.assets.rules import AssetKind
from ip_ledger.fees import rules, schedule_rules, tariff_rules
from ip_ledger.fees.reference import TARIFFS
from ip_ledger.fees.rules import MOVES, OWED, SETTLED, FeeEvent, FeeState
from ip_ledger.fees.schedule_rules import Fee, Relief, Schedule, fees_of
from ip_ledger.fees.tariff_rules import Tariff
from shared.calendar import WorkingDays
from shared.rules import found

INVENTION = AssetKind.INVENTION
DAYS = WorkingDays()


# What the ledger starts with.
KEPT = [
    Tariff(
        id=one["id"],
        jurisdiction=one["jurisdiction"],
        law=one["law"],
        effective_from=date.fromisoformat(one["effective_from"]),
        effective_until=one["effective_until"] and date.fromisoformat(one["effective_until"]),
        is_confirmed=False,
        reliefs=one["reliefs"],
        schedules=one["schedules"],
    )
    for one in TARIFFS
]


def schedules(kind: AssetKind = INVENTION, office: str = "CN") -> list[Schedule]:
    return tariff_rules.schedules_of(KEPT, office, kind)


def schedule(kind: AssetKind = INVENTION, office: str = "CN") -> Schedule:
    """Today's version."""
    return found(schedule_rules.schedule_on(schedules(kind, office), date(2026, 1, 20)))


def fees(filed_on: date, granted_on: date, kind: AssetKind = INVENTION) -> dict[int, Fee]:
    return {fee.number: fee for fee in fees_of(schedules(kind), filed_on, granted_on, DAYS)}


@pytest.mark.requirement("A043")
def test_the_example_of_the_guidelines_for_examination() -> None:
    """审查指南: filed 1997-06-03, granted 2001-08-01: the sixth year is due on 2002-06-03."""
    first = min(fees(date(1997, 6, 3), date(2001, 8, 1)).values(), key=lambda fee: fee.number)
    assert (first.number, first.due_on) == (6, date(2002, 6, 3))
    assert first.grace_until == date(2002, 12, 3)


@pytest.mark.requirement("A043")
@pytest.mark.parametrize(
    ("granted_on", "number"),
    [(date(2022, 6, 2), 4), (date(2022, 6, 3), 5), (date(2023, 6, 2), 5), (date(2023, 6, 3), 6)],
)
def test_the_grant_pays_for_the_year_in_which_it_falls(granted_on: date, number: int) -> None:
    assert min(fees(date(2019, 6, 3), granted_on)) == number


def test_a_last_day_that_is_free_moves_on_and_one_that_is_missing_moves_back() -> None:
    # 2026-10-03 lies in the holiday of the first of October; 2024-02-29 has no twin in 2025.
    moved = fees(date(2020, 10, 3), date(2025, 1, 2))[7]
    assert (moved.statutory_on, DAYS.is_working(moved.due_on)) == (date(2026, 10, 3), True)
    assert moved.due_on == date(2026, 10, 8)
    leap = fees(date(2020, 2, 29), date(2024, 3, 1))[6]
    assert leap.statutory_on == date(2025, 2, 28)


@pytest.mark.parametrize(
    ("kind", "number", "yuan"),
    [
        (INVENTION, 3, 900), (INVENTION, 4, 1200), (INVENTION, 6, 1200), (INVENTION, 7, 2000),
        (INVENTION, 10, 4000), (INVENTION, 13, 6000), (INVENTION, 15, 6000),
        (INVENTION, 16, 8000), (INVENTION, 20, 8000),
        (AssetKind.UTILITY, 3, 600), (AssetKind.UTILITY, 5, 900), (AssetKind.UTILITY, 6, 1200),
        (AssetKind.UTILITY, 10, 2000), (AssetKind.DESIGN, 10, 2000), (AssetKind.DESIGN, 11, 3000),
    ],
)  # fmt: skip
def test_the_tariff_at_each_step(kind: AssetKind, number: int, yuan: int) -> None:
    assert schedule_rules.whole_fen(schedule(kind), number) == yuan * 100


@pytest.mark.parametrize(
    ("kind", "last"), [(INVENTION, 20), (AssetKind.UTILITY, 10), (AssetKind.DESIGN, 15)]
)
def test_the_last_fee_pays_for_the_last_year_of_the_term(kind: AssetKind, last: int) -> None:
    assert max(fees(date(2020, 1, 2), date(2020, 8, 3), kind)) == last


def test_where_the_calendar_ends_no_fee_is_looked_for() -> None:
    """A day is a warning and no refusal, so that such a right may stand among the others."""
    assert fees(date(9998, 6, 1), date(9999, 7, 1)) == {}
    for fee in fees(date(9980, 6, 1), date(9981, 7, 1)).values():
        assert rules.look_at(fee.due_on, fee.grace_until, None, date(2026, 1, 1)).next_on


DUE = date(2026, 11, 2)
FEE = Fee(4, DUE, DUE, date(2027, 5, 3), 120_000)


@pytest.mark.requirement("A043")
@pytest.mark.parametrize(
    ("paid_on", "added"),
    [
        (date(2026, 11, 2), 0), (date(2026, 12, 2), 0), (date(2026, 12, 3), 6_000),
        (date(2027, 1, 2), 6_000), (date(2027, 1, 3), 12_000), (date(2027, 2, 3), 18_000),
        (date(2027, 3, 3), 24_000), (date(2027, 4, 2), 24_000), (date(2027, 4, 3), 30_000),
        (date(2027, 5, 2), 30_000), (date(2027, 5, 3), 30_000),
    ],
)  # fmt: skip
def test_each_month_over_adds_five_percent_of_the_whole_fee(paid_on: date, added: int) -> None:
    assert schedule_rules.surcharge_fen(schedule(), FEE, paid_on) == added
    # A reduced fee is late by the whole one's measure.
    owed = schedule_rules.owed_fen(schedule(), FEE, Relief.SOLE, 4, paid_on)
    assert owed == 18_000 + added


@pytest.mark.parametrize(("first", "fen"), [(5, 180_000), (4, 600_000)])
def test_reductions_end_with_the_tenth_year_from_the_grant(first: int, fen: int) -> None:
    # The grant fell into the year before the first fee: year 13 is the tenth or the eleventh.
    late = Fee(13, DUE, DUE, DUE, 600_000)
    assert schedule_rules.relieved_fen(schedule(), late, Relief.JOINT, first) == fen


def test_an_office_abroad_counts_from_the_grant_and_ends_with_the_grace() -> None:
    known = schedule(office="US")
    first = fees_of([known], date(2020, 1, 2), date(2022, 3, 1), DAYS)[0]
    assert (first.number, first.statutory_on, first.amount_fen) == (1, date(2025, 9, 1), None)
    assert rules.last_day(known, first.statutory_on, first.grace_until) == first.grace_until
    assert rules.last_day(schedule(), FEE.statutory_on, FEE.grace_until) == DUE
    assert schedules(office="DE") == []


@pytest.mark.requirement("A043")
@pytest.mark.parametrize(
    ("today", "event", "reminder"),
    [
        (date(2026, 8, 3), None, None), (date(2026, 8, 4), None, 90), (date(2026, 10, 2), None, 90),
        (date(2026, 10, 3), None, 30), (date(2026, 11, 2), None, 0),
        (date(2026, 11, 3), FeeEvent.FALL_DUE, None), (date(2027, 5, 3), FeeEvent.FALL_DUE, None),
        (date(2027, 5, 4), FeeEvent.LAPSE, None),
    ],
)  # fmt: skip
def test_what_a_day_brings(today: date, event: FeeEvent | None, reminder: int | None) -> None:
    look = rules.look_at(FEE.due_on, FEE.grace_until, None, today)
    assert (look.event, look.reminder) == (event, reminder)
    assert look.next_on is None or look.next_on > today


def test_a_reminder_is_given_once() -> None:
    assert rules.look_at(FEE.due_on, FEE.grace_until, 90, date(2026, 8, 5)).reminder is None


@given(st.dates(date(2026, 1, 1), date(2028, 1, 1)))
def test_looking_again_on_the_day_that_is_named_ends_with_the_grace(today: date) -> None:
    looked = 0
    day: date | None = today
    while day is not None:
        day = rules.look_at(FEE.due_on, FEE.grace_until, None, day).next_on
        looked += 1
    assert looked <= 6


@pytest.mark.parametrize("state", list(FeeState))
def test_what_is_settled_moves_no_more_and_what_was_called_off_comes_back_with_its_right(
    state: FeeState,
) -> None:
    moves = {event for (before, event) in MOVES if before is state}
    assert (not moves) == (state in SETTLED)
    if state is FeeState.CANCELLED:
        assert moves == {FeeEvent.REOPEN, FeeEvent.RESTORE}
    assert (FeeEvent.LAPSE in moves) == (state in OWED)


def test_a_grown_up_right_starts_with_the_first_fee_that_can_still_be_paid() -> None:
    known = list(fees(date(2015, 6, 1), date(2018, 1, 5)).values())
    grace_of_9 = fees(date(2015, 6, 1), date(2018, 1, 5))[9].grace_until
    assert found(rules.next_fee(known, None, grace_of_9)).number == 9
    assert found(rules.next_fee(known, None, date(2023, 12, 5))).number == 10
    assert found(rules.next_fee(known, 9, date(2023, 6, 5))).number == 10
    assert rules.next_fee(known, 20, date(2023, 6, 5)) is None


def test_before_the_filing_or_the_grant_nothing_is_owed() -> None:
    known, calendar = [schedule()], WorkingDays()
    assert schedule_rules.fees_of(known, date(2020, 1, 1), None, calendar) == []
    assert schedule_rules.fees_of(known, None, date(2020, 1, 1), calendar) == []
    assert schedule_rules.fees_of(known, date(2020, 1, 1), date(2021, 1, 1), calendar) != []


@pytest.mark.parametrize("relief", list(Relief))
def test_a_reduction_that_an_office_does_not_grant_reduces_nothing(relief: Relief) -> None:
    bare = replace(schedule(), reliefs={})
    assert schedule_rules.relieved_fen(bare, FEE, relief, FEE.number) == FEE.amount_fen
    # Nor does one of an office that names no years for it.
    none_named = replace(schedule(), relief_years=0)
    assert schedule_rules.relieved_fen(none_named, FEE, relief, FEE.number) == FEE.amount_fen

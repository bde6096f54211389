"""Money is followed exactly: parts sum to the whole by cost, by income and by source."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ip_ledger.costs import rules, trail_rules
from ip_ledger.costs.rules import Drawn, SourceKind, SourceMoney, Spent, attributed
from ip_ledger.costs.trail_rules import Earned
from shared.rules import failed_codes

ASSET = UUID(int=1)
A, B, C = (UUID(int=number) for number in (11, 12, 13))
DAY = date(2026, 3, 1)


def spent(amount_fen: int, on: date = DAY, number: int = 0, **parts: int) -> Spent:
    named = {"a": A, "b": B, "c": C}
    whole = {named[name]: part for name, part in parts.items()}
    return Spent(UUID(int=100 + number), ASSET, on, amount_fen, whole)


def earned(net_fen: int, on: date = DAY, number: int = 0) -> Earned:
    return Earned(UUID(int=200 + number), ASSET, on, net_fen, {})


@pytest.mark.requirement("A094")
@pytest.mark.parametrize(
    ("net_fen", "paid", "expected"),
    [
        (100, {A: 1, B: 1, C: 1}, {A: 34, B: 33, C: 33}),
        (100, {A: 50, None: 50}, {A: 50, None: 50}),
        # A spare unit goes to somebody known before it goes to nobody.
        (1, {None: 1, B: 1}, {B: 1, None: 0}),
        (100, {}, {None: 100}),
        (0, {A: 1}, {A: 0}),
        (0, {}, {}),
    ],
)
def test_an_income_goes_back_by_what_each_had_paid(
    net_fen: int, paid: dict[UUID | None, int], expected: dict[UUID | None, int]
) -> None:
    assert attributed(net_fen, paid) == expected


@pytest.mark.requirement("A094")
def test_only_what_was_spent_by_the_day_of_an_income_counts_for_it() -> None:
    costs = [
        spent(100, DAY, 0, a=100),
        spent(300, DAY + timedelta(days=1), 1, b=300),
        # Undone: the two cancel each other out on every day.
        spent(500, DAY, 2, c=500),
        spent(-500, DAY, 3, c=-500),
    ]
    income = [earned(400, DAY + timedelta(days=day), day) for day in (-1, 0, 1)]
    followed = trail_rules.income_followed(costs, income)
    assert [dict(one.parts) for one in followed] == [
        {None: 400}, {A: 400}, {A: 100, B: 300},
    ]  # fmt: skip


PART = st.integers(0, 10**9)


@given(
    st.lists(st.tuples(PART, PART, PART, PART, st.integers(0, 9)), max_size=8),
    st.lists(st.tuples(st.integers(0, 10**12), st.integers(0, 9)), max_size=8),
)
def test_sums_hold_in_both_directions(
    costs: list[tuple[int, int, int, int, int]], incomes: list[tuple[int, int]]
) -> None:
    rows = [
        spent(
            a + b + c + nobody, DAY + timedelta(days=day), number,
            **{name: part for name, part in (("a", a), ("b", b), ("c", c)) if part},
        )
        for number, (a, b, c, nobody, day) in enumerate(costs)
    ]  # fmt: skip
    income = [
        earned(net, DAY + timedelta(days=day), number) for number, (net, day) in enumerate(incomes)
    ]
    for followed, whole in (
        (trail_rules.costs_followed(rows), [row.amount_fen for row in rows]),
        (trail_rules.income_followed(rows, income), [one.net_fen for one in income]),
    ):
        assert [sum(one.parts.values()) for one in followed] == whole
        by_source = trail_rules.sums_by_source(followed)
        assert sum(by_source.values()) == sum(whole)
        for source_id in (A, B, C):
            total = sum(one.within({source_id}) for one in followed)
            assert by_source.get(source_id, 0) == total
        assert all(part >= 0 for one in followed for part in one.parts.values())
        for one in followed:
            own, others, nobody = trail_rules.masked(one.parts, {A})
            assert sum(own.values()) + others + nobody == sum(one.parts.values())


def money(source_id: UUID, fen: int = 100, on: date = DAY) -> SourceMoney:
    return SourceMoney(source_id, SourceKind.FUNDING, fen, on)


@pytest.mark.requirement("A094")
@pytest.mark.refusing
def test_every_fault_of_the_sources_is_told_at_once() -> None:
    drawn = [Drawn(A, 60), Drawn(A, 50), Drawn(B, 100), Drawn(C, 1)]
    known = {A: money(A), B: money(B, on=DAY + timedelta(days=1))}
    told = failed_codes(rules.source_checks(200, drawn, known, {A: 50, B: 1}, DAY))
    assert sorted(set(told)) == [
        "COST_EXCEEDED", "PARTY_REPEATED", "SOURCE_SPENT", "SOURCE_UNKNOWN",
        "SPENT_BEFORE_RECEIVED",
    ]  # fmt: skip
    assert failed_codes(rules.source_checks(50, [Drawn(A, 50)], known, {A: 50}, DAY)) == []
    assert failed_codes(rules.source_checks(51, [Drawn(A, 51)], known, {A: 50}, DAY)) == [
        "SOURCE_SPENT"
    ]


@pytest.mark.requirement("A094")
def test_a_refused_source_says_what_is_left_of_it() -> None:
    whole = rules.source_checks(100, [Drawn(A, 100)], {A: money(A)}, {}, DAY)
    assert failed_codes(whole) == []
    assert not money(A).in_kind
    more = rules.source_checks(200, [Drawn(A, 101), Drawn(B, 1)], {A: money(A)}, {}, DAY)
    left = [check.params["left_fen"] for check in more if check.code == "SOURCE_SPENT"]
    assert (failed_codes(more), left) == (["SOURCE_SPENT", "SOURCE_UNKNOWN"], [100, 0])


@pytest.mark.requirement("A094")
@pytest.mark.parametrize(
    ("ahead", "leads", "holder", "repeated", "codes"),
    [
        (0, True, True, False, []),
        (-1, True, True, False, []),
        (1, True, True, False, ["DAY_IN_FUTURE"]),
        (0, False, True, False, ["FORBIDDEN_SCOPE"]),
        (0, True, False, False, ["CONSORTIUM_NOT_REGISTERED"]),
        (0, True, True, True, ["EXTERNAL_ID_MISMATCH"]),
    ],
)
def test_a_cost_is_written_down_once_by_who_acts_for_the_centre(
    ahead: int, codes: list[str], *, leads: bool, holder: bool, repeated: bool
) -> None:
    checks = rules.cost_checks(
        DAY + timedelta(days=ahead), DAY, leads=leads, has_holder=holder, is_repeated=repeated
    )
    assert failed_codes(checks) == codes


@pytest.mark.requirement("X07", "A094")
@pytest.mark.parametrize(
    ("ahead", "leads", "undoes", "undone", "codes"),
    [
        (0, True, False, False, []),
        (1, True, False, False, ["DAY_IN_FUTURE"]),
        (0, False, False, False, ["FORBIDDEN_SCOPE"]),
        (0, True, True, False, ["REVERSAL_OF_REVERSAL"]),
        (0, True, False, True, ["ALREADY_REVERSED"]),
    ],
)
def test_a_cost_is_undone_once_and_what_undoes_one_stays(
    ahead: int, codes: list[str], *, leads: bool, undoes: bool, undone: bool
) -> None:
    checks = rules.undoing_checks(
        DAY + timedelta(days=ahead), DAY, leads=leads, undoes=undoes, is_undone=undone
    )
    assert failed_codes(checks) == codes


@pytest.mark.requirement("A094")
def test_what_is_not_paid_out_yet_is_told() -> None:
    assert Earned(UUID(int=1), ASSET, DAY, 100, {A: 30, B: 20}).unpaid_fen == 50
    assert Earned(UUID(int=1), ASSET, DAY, 100, {}).unpaid_fen == 100


@pytest.mark.requirement("A094")
def test_a_single_cent_spent_counts_and_nothing_spent_does_not() -> None:
    costs = [spent(1, DAY, 0, a=1), spent(0, DAY, 1, b=0)]
    (one,) = trail_rules.income_followed(costs, [earned(7)])
    assert dict(one.parts) == {A: 7}


@pytest.mark.requirement("A094", "X04")
@pytest.mark.parametrize(
    ("parts", "seen", "shown"),
    [
        ({A: 5, B: 3, None: 2}, {A}, ({A: 5}, 3, 2)),
        ({A: 5, B: 3}, {A, B, C}, ({A: 5, B: 3}, 0, 0)),
        ({B: 3, None: 2}, set(), ({}, 3, 2)),
    ],
)
def test_what_others_paid_is_one_sum_and_what_is_nobodys_another(
    parts: dict[UUID | None, int], seen: set[UUID], shown: tuple[dict[UUID, int], int, int]
) -> None:
    assert trail_rules.masked(parts, seen) == shown

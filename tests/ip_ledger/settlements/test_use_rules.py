"""Prices, sums and words of two sides: the rules alone (A063)."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ip_ledger.agreements.rules import Element, UseRate, UseUnit, use_rate_checks
from ip_ledger.settlements import rules
from ip_ledger.settlements.rules import (
    MOVES,
    Logged,
    NewUse,
    PricedUse,
    SettlementEvent,
    SettlementState,
    UseTerms,
)
from shared.money import MAX_FEN
from shared.rules import failed_codes

ONE, OTHER, THIRD = (UUID(int=n) for n in (1, 2, 3))
CENTER, TODAY = UUID(int=9), date(2026, 1, 20)
RATE = UseRate(ONE, Element.EQUIPMENT, UseUnit.MINUTE, 50_000, 60)
TERMS = UseTerms(UUID(int=8), frozenset({ONE, OTHER}), (RATE,))
USE = NewUse(
    CENTER, ONE, OTHER, Element.EQUIPMENT, UseUnit.MINUTE, 255, TODAY, "YQ-1",
    evidence=(UUID(int=7),),
)  # fmt: skip
LOG = Logged(CENTER, ONE, is_user=True, first=TODAY, until=TODAY, quantity=255, unit=UseUnit.MINUTE)
MEMBERS = frozenset({ONE, OTHER, THIRD})


@pytest.mark.requirement("A063")
@pytest.mark.parametrize(
    ("price_fen", "per", "quantity", "amount_fen"),
    [
        (50_000, 60, 255, 212_500),
        (1, 60, 29, 0),  # 29/60 of a 分
        (1, 60, 30, 1),  # a half goes upwards
        (1, 3, 1, 0),
        (0, 60, 10**9, 0),
        (7, 1, 3, 21),
    ],
)
def test_a_price_is_exact_to_the_half(
    price_fen: int, per: int, quantity: int, amount_fen: int
) -> None:
    rate = replace(RATE, price_fen=price_fen, per=per)
    assert rules.price_fen(rate, quantity) == amount_fen


@pytest.mark.requirement("A063")
@pytest.mark.parametrize(("hours", "minutes"), [("4.25", 255), ("0.02", 1), ("0.98", 59)])
def test_a_log_keeps_its_minutes_through_hundredths_of_an_hour(hours: str, minutes: int) -> None:
    assert rules.minutes_of(hours) == minutes


@pytest.mark.requirement("A063")
def test_a_use_that_the_agreement_prices_stands() -> None:
    assert failed_codes(rules.use_checks(USE, TERMS, MEMBERS, TODAY)) == []
    assert failed_codes(rules.logged_checks(USE, LOG, "/usage_fact_id")) == []


@pytest.mark.requirement("A063")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("over", "terms", "members", "codes"),
    [
        ({}, None, MEMBERS, ["IP_AGREEMENT_MISSING"]),
        ({"user_id": ONE}, TERMS, MEMBERS, ["SAME_ORGANIZATION"]),
        ({"user_id": THIRD}, TERMS, MEMBERS, ["CONSENT_MISSING"]),
        ({}, TERMS, {ONE}, ["OWNER_NOT_IN_CENTER"]),
        ({"used_on": TODAY + timedelta(days=1)}, TERMS, MEMBERS, ["DAY_IN_FUTURE"]),
        ({"evidence": ()}, TERMS, MEMBERS, ["USE_UNPROVEN"]),
        ({"element": Element.IP}, TERMS, MEMBERS, ["USE_UNPROVEN", "USE_RATE_MISSING"]),
        ({"unit": UseUnit.DAY}, TERMS, MEMBERS, ["USE_RATE_MISSING"]),
        ({"provider_id": OTHER, "user_id": ONE}, TERMS, MEMBERS, ["USE_RATE_MISSING"]),
    ],
)
def test_a_use_is_refused_for_each_thing_that_it_lacks(
    over: dict[str, Any], terms: UseTerms | None, members: Collection[UUID], codes: list[str]
) -> None:
    assert failed_codes(rules.use_checks(replace(USE, **over), terms, members, TODAY)) == codes


@pytest.mark.requirement("A063")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("over", "codes"),
    [
        ({"center_id": ONE}, ["USE_MISMATCH"]),
        ({"provider_id": THIRD}, ["USE_MISMATCH"]),
        ({"is_user": False}, ["USE_MISMATCH"]),
        ({"first": TODAY + timedelta(days=1), "until": None}, ["USE_MISMATCH"]),
        ({"first": date(2026, 1, 1), "until": TODAY - timedelta(days=1)}, ["USE_MISMATCH"]),
        ({"quantity": 254}, ["USE_MISMATCH"]),
        ({"unit": UseUnit.DAY}, ["USE_MISMATCH"]),
        ({"stands": False}, ["SOURCE_SUPERSEDED"]),
    ],
)
def test_a_use_is_what_its_log_says(over: dict[str, Any], codes: list[str]) -> None:
    assert failed_codes(rules.logged_checks(USE, replace(LOG, **over), "/x")) == codes
    assert failed_codes(rules.logged_checks(USE, None, "/x")) == ["SOURCE_UNKNOWN"]


@pytest.mark.requirement("A063")
@pytest.mark.refusing
def test_an_agreement_prices_a_thing_of_a_party_once() -> None:
    assert failed_codes(use_rate_checks([RATE], {ONE, OTHER})) == []
    twice = [RATE, replace(RATE, price_fen=1)]
    assert failed_codes(use_rate_checks(twice, {ONE, OTHER})) == ["USE_RATE_REPEATED"]
    assert failed_codes(use_rate_checks([RATE], {OTHER})) == ["PARTY_UNKNOWN"]


AMOUNTS = st.lists(st.tuples(st.sampled_from((ONE, OTHER)), st.integers(-(10**12), 10**12)))


@pytest.mark.requirement("A063")
@given(AMOUNTS)
def test_what_is_left_between_two_is_exact_and_one_of_them_pays(
    amounts: list[tuple[UUID, int]],
) -> None:
    uses = [PricedUse(UUID(int=n), who, fen) for n, (who, fen) in enumerate(amounts)]
    netted = rules.netted((ONE, OTHER), uses)
    got = {who: sum(fen for one, fen in amounts if one == who) for who in (ONE, OTHER)}
    paid = {netted.payer_id: -netted.net_fen, netted.payee_id: netted.net_fen}
    assert netted.net_fen == abs(got[ONE] - got[OTHER])
    if netted.net_fen:
        assert {netted.payer_id, netted.payee_id} == {ONE, OTHER}
        # Paying the net comes to the same as each paying the whole of what it used.
        assert paid[ONE] == got[ONE] - got[OTHER]
    else:
        assert netted.payer_id is netted.payee_id is None
    assert rules.netted((ONE, OTHER), reversed(uses)) == netted


@pytest.mark.requirement("A063")
@pytest.mark.refusing
@pytest.mark.parametrize("state", SettlementState)
@pytest.mark.parametrize("event", SettlementEvent)
def test_a_settlement_takes_only_the_steps_of_its_table(
    state: SettlementState, event: SettlementEvent
) -> None:
    allowed = (state, event) in MOVES
    assert failed_codes(rules.event_checks(state, event)) == ([] if allowed else ["STATE_CONFLICT"])


@pytest.mark.requirement("A063", "X03")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("acting", "confirmed", "same", "codes"),
    [
        ((ONE, THIRD), {}, True, []),
        ((ONE, THIRD), {OTHER: ONE}, True, []),
        ((THIRD, THIRD), {}, True, ["FORBIDDEN_SCOPE"]),
        ((ONE, THIRD), {ONE: THIRD}, True, ["ALREADY_CONFIRMED"]),
        ((ONE, THIRD), {OTHER: THIRD}, True, ["SOD_VIOLATION"]),
        ((ONE, THIRD), {}, False, ["STALE_INPUT"]),
    ],
)
def test_each_side_confirms_once_by_a_person_of_its_own(
    acting: tuple[UUID, UUID], confirmed: dict[UUID, UUID], same: bool, codes: list[str]
) -> None:
    checks = rules.confirmation_checks(
        SettlementState.PROPOSED, acting, (ONE, OTHER), confirmed, is_same_statement=same
    )
    assert failed_codes(checks) == codes


@pytest.mark.requirement("A063")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("acting", "pair", "days", "uses", "codes"),
    [
        (ONE, (ONE, OTHER), (TODAY, TODAY), 1, []),
        (THIRD, (ONE, OTHER), (TODAY, TODAY), 1, ["FORBIDDEN_SCOPE"]),
        (ONE, (ONE, ONE), (TODAY, TODAY), 1, ["SAME_ORGANIZATION"]),
        (ONE, (ONE, OTHER), (TODAY, TODAY - timedelta(days=1)), 1, ["DAYS_REVERSED"]),
        (ONE, (ONE, OTHER), (TODAY, TODAY + timedelta(days=1)), 1, ["DAY_IN_FUTURE"]),
        (ONE, (ONE, OTHER), (TODAY, TODAY), 0, ["NOTHING_TO_SETTLE"]),
    ],
)
def test_only_a_side_settles_days_that_have_come_and_hold_something(
    acting: UUID,
    pair: tuple[UUID, UUID],
    days: tuple[date, date],
    uses: int,
    codes: list[str],
) -> None:
    checks = rules.proposal_checks(pair, acting, days, TODAY, uses=uses, leads=False)
    assert failed_codes(checks) == codes


@pytest.mark.requirement("A063")
@pytest.mark.refusing
def test_a_receipt_is_of_a_day_between_the_debt_and_today() -> None:
    def codes(paid_on: date) -> list[str]:
        return failed_codes(rules.receipt_checks(paid_on, date(2026, 1, 19), TODAY))

    assert codes(date(2026, 1, 19)) == codes(TODAY) == []
    assert codes(date(2026, 1, 18)) == ["DAYS_REVERSED"]
    assert codes(date(2026, 1, 21)) == ["DAY_IN_FUTURE"]


@pytest.mark.requirement("A063")
def test_a_pair_has_one_order_and_an_even_one_owes_nothing() -> None:
    assert rules.pair_of(ONE, OTHER) == rules.pair_of(OTHER, ONE) == (ONE, OTHER)
    even = rules.netted((ONE, OTHER), [PricedUse(CENTER, ONE, 5), PricedUse(CENTER, OTHER, 5)])
    assert (even.first_owes_fen, even.second_owes_fen, even.net_fen) == (5, 5, 0)
    nothing = rules.netted((ONE, OTHER), [])
    assert (nothing.first_owes_fen, nothing.second_owes_fen) == (0, 0)
    # What the first provided, the second owes.
    owed = rules.netted((ONE, OTHER), [PricedUse(CENTER, ONE, 5)])
    assert (owed.first_owes_fen, owed.second_owes_fen) == (0, 5)
    assert (owed.payer_id, owed.payee_id) == (OTHER, ONE)


@pytest.mark.requirement("A063")
@pytest.mark.parametrize(
    ("element", "over", "pointer", "proven"),
    [
        (Element.EQUIPMENT, {}, "/evidence", True),
        (Element.EQUIPMENT, {"evidence": (), "license_id": THIRD}, "/evidence", True),
        (Element.EQUIPMENT, {"evidence": (), "usage_fact_id": THIRD}, "/evidence", True),
        (Element.EQUIPMENT, {"evidence": ()}, "/evidence", False),
        (Element.IP, {"license_id": THIRD}, "/license_id", True),
        (Element.IP, {}, "/license_id", False),
    ],
)
def test_the_use_of_a_right_is_proven_by_its_license(
    element: Element, over: dict[str, Any], pointer: str, *, proven: bool
) -> None:
    use = replace(USE, element=element, **over)
    checks = rules.use_checks(use, TERMS, MEMBERS, TODAY)
    (check,) = [check for check in checks if check.code == "USE_UNPROVEN"]
    assert (check.passed, check.pointer) == (proven, pointer)


@pytest.mark.requirement("A063")
def test_an_amount_is_one_that_every_reader_can_hold() -> None:
    for amount, codes in (
        (MAX_FEN, []), (-MAX_FEN, []), (MAX_FEN + 1, ["AMOUNT_TOO_LARGE"]),
        (-MAX_FEN - 1, ["AMOUNT_TOO_LARGE"]),
    ):  # fmt: skip
        assert failed_codes(rules.size_checks(amount)) == codes


@pytest.mark.requirement("A063", "X04")
def test_the_provider_itself_or_who_leads_says_what_was_used() -> None:
    for acting, leads, codes in (
        (ONE, False, []), (OTHER, False, ["FORBIDDEN_SCOPE"]), (OTHER, True, []),
        (None, False, ["FORBIDDEN_SCOPE"]),
    ):  # fmt: skip
        assert failed_codes(rules.recording_checks(ONE, acting, leads=leads)) == codes
        side = failed_codes(rules.side_checks(acting, [ONE, None]))
        assert side == ([] if acting == ONE else ["FORBIDDEN_SCOPE"])


@pytest.mark.requirement("A063", "X07")
@pytest.mark.parametrize(
    ("undoes", "undone", "codes"),
    [(False, False, []), (True, False, ["REVERSAL_OF_REVERSAL"]), (False, True,
     ["ALREADY_REVERSED"])],
)  # fmt: skip
def test_a_use_is_undone_once(codes: list[str], *, undoes: bool, undone: bool) -> None:
    assert failed_codes(rules.undoing_checks(undoes=undoes, undone=undone)) == codes


@pytest.mark.requirement("A063")
@pytest.mark.parametrize(
    ("confirmed", "net", "event"),
    [
        ([ONE], 5, SettlementEvent.CONFIRM),
        ([ONE], 0, SettlementEvent.CONFIRM),
        ([ONE, OTHER], 5, SettlementEvent.CONFIRM_LAST),
        ([OTHER, ONE], 0, SettlementEvent.CONFIRM_EVEN),
        ([ONE, OTHER, THIRD], 5, SettlementEvent.CONFIRM_LAST),
    ],
)
def test_the_last_word_of_both_makes_a_debt_or_ends_it(
    confirmed: list[UUID], net: int, event: SettlementEvent
) -> None:
    assert rules.confirming_event((ONE, OTHER), confirmed, net) is event


@pytest.mark.requirement("A063")
def test_a_statement_lists_every_use_in_one_order() -> None:
    uses = [PricedUse(OTHER, ONE, 7), PricedUse(ONE, OTHER, -2)]
    document = rules.statement_document(
        CENTER, rules.netted((ONE, OTHER), uses), (TODAY, TODAY), uses
    )
    assert document == {
        "center_id": CENTER, "pair": [ONE, OTHER], "days": [TODAY, TODAY],
        "uses": [[str(ONE), -2], [str(OTHER), 7]], "first_owes_fen": -2, "second_owes_fen": 7,
        "currency": "CNY",
    }  # fmt: skip
    assert LOG.stands
    assert Logged(CENTER, ONE, is_user=True, first=TODAY, until=None).stands

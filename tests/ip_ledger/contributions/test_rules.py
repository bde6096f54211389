"""A contribution's promise, its days and its sums, on both sides of each bound."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest

from ip_ledger.contributions import rules
from ip_ledger.contributions.rules import (
    Balance,
    Commitment,
    ContributionKind,
    Instalment,
    Instrument,
    Source,
    State,
)
from shared.rules import failed_codes

AGREED = date(2026, 3, 1)
TODAY = date(2026, 6, 1)
ORG, OTHER, FILE = UUID(int=1), UUID(int=2), UUID(int=3)
PROMISE = Commitment(
    center_id=UUID(int=9),
    org_id=ORG,
    kind=ContributionKind.EQUITY,
    committed_fen=100,
    schedule=(Instalment(AGREED, 40), Instalment(date(2031, 3, 1), 60)),
    agreed_on=AGREED,
    is_cash=True,
    held_in_trust=False,
)


def day(offset: int) -> date:
    return TODAY + timedelta(days=offset)


@pytest.mark.requirement("A095")
@pytest.mark.parametrize(
    ("over", "codes"),
    [
        ({}, []),
        ({"committed_fen": 101}, ["SCHEDULE_MISMATCH"]),
        ({"committed_fen": 99}, ["SCHEDULE_MISMATCH"]),
        ({"schedule": (), "committed_fen": 0}, []),
        ({"is_cash": False}, ["VALUATION_MISSING"]),
        ({"is_cash": False, "valuation_file_id": FILE}, ["VALUATION_MISSING"]),
        ({"is_cash": False, "valued_fen": 100}, ["VALUATION_MISSING"]),
        ({"is_cash": False, "valuation_file_id": FILE, "valued_fen": 100}, []),
        ({"is_cash": False, "valuation_file_id": FILE, "valued_fen": 99}, ["VALUATION_EXCEEDED"]),
        ({"is_cash": False, "valuation_file_id": FILE, "valued_fen": 0}, ["VALUATION_EXCEEDED"]),
        ({"kind": ContributionKind.IN_KIND}, ["VALUATION_MISSING"]),
        ({"valuation_file_id": FILE, "valued_fen": 99}, []),
    ],
)  # fmt: skip
def test_a_promise_is_whole_and_what_is_no_money_is_valued(
    over: dict[str, object], codes: list[str]
) -> None:
    promise = replace(PROMISE, **over)  # type: ignore[arg-type]
    assert failed_codes(rules.commitment_checks(promise)) == codes


@pytest.mark.requirement("A095")
@pytest.mark.parametrize(
    ("offset", "due", "paid", "lost", "left", "arrears"),
    [(-1, 0, 0, 0, 100, 0), (0, 0, 10, 0, 90, 0), (1, 40, 10, 0, 90, 30),
     (2, 40, 10, 5, 85, 25), (3, 100, 10, 5, 85, 85)],
)  # fmt: skip
def test_an_instalments_day_is_in_time_and_payments_count_from_theirs(
    offset: int, due: int, paid: int, lost: int, left: int, arrears: int
) -> None:
    schedule = [Instalment(TODAY, 40), Instalment(day(2), 60)]
    balance = rules.balance_on(100, schedule, [(TODAY, 10)], day(offset), [(day(2), 5)])
    assert balance == Balance(100, due, paid, lost)
    assert (balance.left_fen, balance.arrears_fen) == (left, arrears)


@pytest.mark.requirement("A095")
def test_who_paid_ahead_is_not_in_arrears() -> None:
    assert Balance(100, 40, 41).arrears_fen == 0
    assert Balance(100, 40, 30, 11).arrears_fen == 0


@pytest.mark.requirement("A053")
@pytest.mark.parametrize(
    ("kind", "entity", "trustee", "held", "codes"),
    [
        (ContributionKind.EQUITY, True, None, False, []),
        (ContributionKind.EQUITY, False, ORG, True, ["CONSORTIUM_NOT_REGISTERED"]),
        (ContributionKind.MEMBERSHIP_FEE, False, ORG, True, []),
        (None, False, ORG, True, []),
        (None, False, None, True, ["CONSORTIUM_NOT_REGISTERED"]),
        (None, False, ORG, False, ["CONSORTIUM_NOT_REGISTERED"]),
        (None, True, ORG, True, ["STATE_CONFLICT"]),
    ],
)
def test_a_trustee_holds_what_is_no_equity_until_there_is_a_centre(
    kind: ContributionKind | None,
    trustee: UUID | None,
    codes: list[str],
    *,
    entity: bool,
    held: bool,
) -> None:
    checks = rules.holding_checks(
        kind, has_legal_entity=entity, trustee_org_id=trustee, held_in_trust=held
    )
    assert failed_codes(checks) == codes


@pytest.mark.requirement("A095")
@pytest.mark.parametrize(
    ("state", "amount", "paid_on", "agreed_on", "codes"),
    [
        (State.COMMITTED, 85, TODAY, TODAY, []),
        (State.COMMITTED, 86, TODAY, TODAY, ["PAYMENT_EXCEEDED"]),
        (State.COMMITTED, 1, day(1), TODAY, ["DAY_IN_FUTURE"]),
        (State.COMMITTED, 1, day(-1), TODAY, ["DAYS_OUT_OF_ORDER"]),
        (State.FULFILLED, 1, TODAY, TODAY, ["STATE_CONFLICT"]),
        (State.FORFEITED, 1, TODAY, TODAY, ["STATE_CONFLICT"]),
    ],
)
def test_a_payment_is_of_what_is_left_and_not_ahead_of_time(
    state: State, amount: int, paid_on: date, agreed_on: date, codes: list[str]
) -> None:
    checks = rules.payment_checks(state, Balance(100, 40, 10, 5), amount, paid_on, agreed_on, TODAY)
    assert failed_codes(checks) == codes
    assert checks[1].params["left_fen"] == 85


@pytest.mark.requirement("A095")
@pytest.mark.parametrize(
    ("state", "paid", "issued", "days", "is_open", "codes"),
    [
        (State.COMMITTED, 39, 0, 60, False, []),
        (State.COMMITTED, 40, 0, 60, False, ["NO_ARREARS"]),
        (State.COMMITTED, 39, 0, 59, False, ["GRACE_TOO_SHORT"]),
        (State.COMMITTED, 39, 1, 60, False, ["DAY_IN_FUTURE"]),
        (State.COMMITTED, 39, 0, 60, True, ["ALREADY_EXISTS"]),
        (State.FORFEITED, 39, 0, 60, False, ["STATE_CONFLICT"]),
    ],
)
def test_arrears_are_called_with_sixty_days_and_once(
    state: State, paid: int, issued: int, days: int, codes: list[str], *, is_open: bool
) -> None:
    balance = Balance(100, 40, paid)
    checks = rules.notice_checks(state, balance, day(issued), days, TODAY, is_open=is_open)
    assert failed_codes(checks) == codes
    assert rules.grace_until(TODAY, 60) == date(2026, 7, 31)


@pytest.mark.requirement("A095")
@pytest.mark.parametrize(
    ("own", "leads", "passed"),
    [(True, False, True), (False, True, True), (False, False, False), (True, True, True)],
)
def test_a_member_promises_for_itself_or_the_centre_records_it(
    *, own: bool, leads: bool, passed: bool
) -> None:
    assert [check.passed for check in rules.scope_checks(is_own=own, leads=leads)] == [passed]


@pytest.mark.requirement("A095")
def test_who_promises_takes_part_and_who_received_says_so() -> None:
    assert failed_codes(rules.member_checks(ORG, {ORG})) == []
    assert failed_codes(rules.member_checks(ORG, {OTHER})) == ["PARTY_UNKNOWN"]
    assert failed_codes(rules.receiving_checks(receives=True)) == []
    assert failed_codes(rules.receiving_checks(receives=False)) == ["FORBIDDEN_SCOPE"]


@pytest.mark.requirement("A095")
@pytest.mark.parametrize(
    ("kind", "state", "paid", "called", "grace", "resolved", "codes"),
    [
        (ContributionKind.EQUITY, State.COMMITTED, 39, 40, -1, 0, []),
        (ContributionKind.EQUITY, State.COMMITTED, 40, 40, -1, 0, ["NO_ARREARS"]),
        (ContributionKind.EQUITY, State.COMMITTED, 39, 40, 0, 0, ["GRACE_RUNNING"]),
        (ContributionKind.EQUITY, State.COMMITTED, 39, 40, None, 0, ["GRACE_RUNNING"]),
        (ContributionKind.EQUITY, State.COMMITTED, 39, 40, 0, 1, ["DAY_IN_FUTURE"]),
        (ContributionKind.EQUITY, State.FULFILLED, 39, 40, -1, 0, ["STATE_CONFLICT"]),
        (ContributionKind.MEMBERSHIP_FEE, State.COMMITTED, 39, 40, -1, 0, ["STATE_CONFLICT"]),
    ],
)
def test_equity_is_lost_after_its_grace_and_only_what_was_called(
    kind: ContributionKind, state: State, paid: int, called: int, grace: int | None,
    resolved: int, codes: list[str],
) -> None:  # fmt: skip
    checks = rules.forfeiture_checks(
        kind, state, Balance(100, 40, paid - 4, 4), called,
        None if grace is None else day(grace), day(resolved), None, TODAY,
    )  # fmt: skip
    assert failed_codes(checks) == codes
    assert checks[1].params["grace_until"] == (None if grace is None else day(grace).isoformat())


@pytest.mark.requirement("A095")
@pytest.mark.parametrize(("fen", "codes"), [(61, []), (62, ["FORFEITURE_EXCEEDED"]), (None, [])])
def test_a_resolution_takes_no_more_than_is_left(fen: int | None, codes: list[str]) -> None:
    checks = rules.forfeiture_checks(
        ContributionKind.EQUITY, State.COMMITTED, Balance(100, 40, 35, 4), 40, day(-1), TODAY,
        fen, TODAY,
    )  # fmt: skip
    assert failed_codes(checks) == codes


@pytest.mark.requirement("X03")
def test_who_called_does_not_declare_it_lost() -> None:
    assert failed_codes(rules.separation_checks(ORG, ORG)) == ["SOD_VIOLATION"]
    assert failed_codes(rules.separation_checks(ORG, OTHER)) == []


@pytest.mark.requirement("A094")
@pytest.mark.parametrize(
    ("source", "instrument", "named", "note", "offset", "codes"),
    [
        (Source.BANK, Instrument.LOAN, True, "interest", 0, []),
        (Source.BANK, Instrument.LOAN, True, "", 0, ["FIELD_MISSING"]),
        (Source.BANK, Instrument.LOAN, True, None, 0, ["FIELD_MISSING"]),
        (Source.BANK, Instrument.GRANT, True, None, 0, ["FUNDING_FORM"]),
        (Source.MEMBER, Instrument.FEE, True, None, 0, ["FUNDING_FORM"]),
        (Source.GOVERNMENT, Instrument.GRANT, False, None, 0, ["FIELD_MISSING"]),
        (Source.OWN_INCOME, Instrument.INCOME, False, None, 0, []),
        (Source.GOVERNMENT, Instrument.GRANT, True, None, 1, ["DAY_IN_FUTURE"]),
    ],
)
def test_money_from_outside_fits_its_source(
    source: Source, instrument: Instrument, note: str | None, offset: int, codes: list[str],
    *, named: bool,
) -> None:  # fmt: skip
    checks = rules.funding_checks(
        source, instrument, is_named=named, risk_note=note, received_on=day(offset), today=TODAY
    )
    assert failed_codes(checks) == codes


@pytest.mark.requirement("A053")
@pytest.mark.parametrize(
    ("entity", "trustee", "held", "codes"),
    [(True, True, 1, []), (True, True, 0, ["NOTHING_HELD"]),
     (False, True, 1, ["CONSORTIUM_NOT_REGISTERED"]), (True, False, 1, ["FORBIDDEN_SCOPE"])],
)  # fmt: skip
def test_a_trustee_releases_what_it_holds_to_a_registered_centre(
    held: int, codes: list[str], *, entity: bool, trustee: bool
) -> None:
    checks = rules.release_checks(has_legal_entity=entity, is_trustee=trustee, held_fen=held)
    assert failed_codes(checks) == codes


@pytest.mark.requirement("A094")
def test_parts_are_floored_and_one_giver_alone_is_a_million() -> None:
    assert rules.shares_of({"a": 1, "b": 2}) == {"a": 333_333, "b": 666_666}
    assert rules.shares_of({"a": 0}) == {}
    assert rules.concentration_ppm({"a": 7}) == 1_000_000
    assert rules.concentration_ppm({"a": 1, "b": 2}) == 555_555
    assert rules.concentration_ppm({}) == 0


@pytest.mark.requirement("A098")
@pytest.mark.parametrize(
    ("cash", "costs", "months"),
    [(120, 120, "12.0"), (119, 120, "11.9"), (1, 120, "0.1"), (0, 1, "0.0"), (-5, 1, "0.0"),
     (100, 0, None), (100, -1, None), (3, 1, "36.0"), (125, 100, "15.0"), (126, 100, "15.1")],
)  # fmt: skip
def test_money_lasts_for_months_to_a_tenth(cash: int, costs: int, months: str | None) -> None:
    assert rules.months_covered(cash, costs) == months


@pytest.mark.requirement("A095")
def test_a_promise_ends_with_its_last_instalment_or_on_its_own_day() -> None:
    assert PROMISE.last_on == date(2031, 3, 1)
    turned = replace(PROMISE, schedule=PROMISE.schedule[::-1])
    assert turned.last_on == date(2031, 3, 1)
    assert replace(PROMISE, schedule=()).last_on == AGREED


@pytest.mark.requirement("A094")
@pytest.mark.parametrize("source", [source for source in Source if source is not Source.MEMBER])
def test_a_refused_form_of_money_names_those_that_its_source_may_have(source: Source) -> None:
    for instrument in Instrument:
        check, *_ = rules.funding_checks(
            source, instrument, is_named=True, risk_note="…", received_on=TODAY, today=TODAY
        )
        assert check.passed is (instrument.value in check.params["allowed"])
    assert check.params["allowed"]

"""The agreement's machine, its clauses and its shares."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ip_ledger.agreements import rules
from ip_ledger.agreements.rules import Clause, Event, State
from shared.rules import failed_codes

A, B, C = (UUID(int=number) for number in (1, 2, 3))


@pytest.mark.requirement("A084")
@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("event", list(Event))
def test_only_the_moves_of_the_table_are_open(state: State, event: Event) -> None:
    refused = failed_codes(rules.event_checks(state, event))
    assert refused == ([] if (state, event) in rules.MOVES else ["STATE_CONFLICT"])


@pytest.mark.requirement("A084")
def test_every_state_but_an_end_leads_on() -> None:
    ends = {State.SUPERSEDED, State.WITHDRAWN}
    leading = {origin for (origin, _), to in rules.MOVES.items() if to is not origin}
    assert leading == set(State) - ends


@pytest.mark.requirement("A024")
@pytest.mark.refusing
@pytest.mark.parametrize("left_out", list(Clause))
def test_each_of_the_four_clauses_is_missed(left_out: Clause) -> None:
    (check,) = rules.clause_checks([clause for clause in Clause if clause is not left_out])
    assert (check.code, check.passed, check.params["missing"]) == (
        "CLAUSE_MISSING",
        False,
        [left_out.value],
    )


@pytest.mark.requirement("A024")
def test_four_ticked_clauses_pass() -> None:
    assert failed_codes(rules.clause_checks(list(Clause))) == []


@pytest.mark.requirement("A086")
@given(st.lists(st.integers(1, 1_000_000), min_size=1, max_size=6))
def test_shares_pass_exactly_when_they_sum_to_a_million(ppm: list[int]) -> None:
    parties = [UUID(int=number) for number in range(len(ppm))]
    checks = rules.share_checks(list(zip(parties, ppm, strict=True)), parties, "/risk_shares")
    assert (failed_codes(checks) == []) == (sum(ppm) == 1_000_000)


@pytest.mark.requirement("A086")
@pytest.mark.refusing
@pytest.mark.parametrize("total", [999_999, 1_000_001])
def test_one_ppm_too_few_or_too_many_is_refused(total: int) -> None:
    checks = rules.share_checks([(A, 500_000), (B, total - 500_000)], [A, B], "/benefit_shares")
    assert failed_codes(checks) == ["SHARES_NOT_100"]


@pytest.mark.requirement("A086")
@pytest.mark.refusing
def test_a_share_of_a_stranger_is_refused() -> None:
    checks = rules.share_checks([(A, 500_000), (C, 500_000)], [A, B], "/benefit_shares")
    assert failed_codes(checks) == ["PARTY_UNKNOWN"]


@pytest.mark.requirement("A084")
@pytest.mark.refusing
def test_one_party_alone_makes_no_agreement() -> None:
    assert failed_codes(rules.party_checks([A])) == ["PARTIES_TOO_FEW"]
    assert failed_codes(rules.party_checks([A, A])) == ["PARTIES_TOO_FEW", "PARTY_REPEATED"]
    assert failed_codes(rules.party_checks([A, B])) == []


@pytest.mark.requirement("A084")
def test_a_party_that_has_left_need_not_sign_the_next_agreement() -> None:
    assert failed_codes(rules.succession_checks([A, B], bound=[A, B, C], taking_part=[A, B])) == []
    refused = rules.succession_checks([A, B], bound=[A, B, C], taking_part=[A, B, C])
    assert failed_codes(refused) == ["CONSENT_MISSING"]


@pytest.mark.requirement("A084")
def test_the_last_signature_is_told_from_the_others() -> None:
    assert rules.signing_event([A, B], [A]) is Event.SIGN
    assert rules.signing_event([A, B], [B, A]) is Event.SIGN_LAST

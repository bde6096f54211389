"""The agreement's machine, its clauses and its shares."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ip_ledger.agreements import rules
from ip_ledger.agreements.rules import (
    Clause,
    Element,
    Event,
    Proposal,
    State,
    UseRate,
    UseUnit,
)
from shared.rules import Check, failed_codes

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


def told(check: Check) -> object:
    return check.params.get("org_ids", check.params.get("orgs"))


@pytest.mark.requirement("A024")
@pytest.mark.parametrize(
    ("stored", "stated", "codes"),
    [
        ("aa", "aa", []), ("aa", None, []), ("aa", "bb", ["TEXT_HASH_MISMATCH"]),
        (None, None, ["FILE_UNKNOWN"]), (None, "aa", ["FILE_UNKNOWN"]),
    ],
)  # fmt: skip
def test_a_text_is_there_and_is_the_one_that_is_meant(
    stored: str | None, stated: str | None, codes: list[str]
) -> None:
    assert failed_codes(rules.text_checks(stored, stated)) == codes


@pytest.mark.requirement("A084")
@pytest.mark.refusing
@pytest.mark.parametrize("is_published", [True, False])
def test_a_text_is_made_from_a_template_that_may_be_used(*, is_published: bool) -> None:
    codes = failed_codes([rules.template_check(is_published=is_published)])
    assert codes == ([] if is_published else ["TEMPLATE_UNKNOWN"])


@pytest.mark.requirement("A084")
@pytest.mark.parametrize("state", list(State))
def test_only_what_binds_or_will_bind_is_amended(state: State) -> None:
    binds = state in {State.SIGNED, State.IN_FORCE}
    assert failed_codes(rules.amendment_checks(state)) == ([] if binds else ["STATE_CONFLICT"])


@pytest.mark.requirement("A084")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("party", "signed", "is_same_text", "codes"),
    [
        (A, [], True, []), (A, [B], True, []), (A, [A], True, ["ALREADY_SIGNED"]),
        (C, [], True, ["FORBIDDEN_SCOPE"]), (None, [], True, ["FORBIDDEN_SCOPE"]),
        (A, [], False, ["TEXT_HASH_MISMATCH"]),
    ],
)  # fmt: skip
def test_a_party_signs_the_text_that_stands_once(
    party: UUID | None, signed: list[UUID], codes: list[str], *, is_same_text: bool
) -> None:
    (open_state,) = {state for state, event in rules.MOVES if event is Event.SIGN_LAST}
    checks = rules.signature_checks(open_state, party, [A, B], signed, is_same_text=is_same_text)
    assert failed_codes(checks) == codes


@pytest.mark.requirement("A084")
@pytest.mark.parametrize("state", list(State))
def test_a_later_text_ends_what_waits_and_any_ends_what_is_in_force(state: State) -> None:
    ends = [rules.gives_way(state, 2, successor) for successor in (1, 2, 3)]
    expected = {State.IN_FORCE: [True, True, True], State.SIGNED: [False, False, True]}
    assert ends == expected.get(state, [False, False, False])


@pytest.mark.requirement("A084")
@pytest.mark.parametrize("state", list(State))
def test_what_is_signed_binds_from_its_first_day(state: State) -> None:
    day = date(2026, 3, 2)
    binds = [rules.takes_effect(state, day, date(2026, 3, today)) for today in (1, 2, 3)]
    assert binds == ([False, True, True] if state is State.SIGNED else [False] * 3)


def rate(provider: UUID = A, element: int = 0, unit: int = 0) -> UseRate:
    return UseRate(provider, list(Element)[element], list(UseUnit)[unit], 100)


@pytest.mark.requirement("A086")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("rates", "unknown", "repeated"),
    [
        ([], [], []), ([rate()], [], []),
        ([rate(), rate(B), rate(A, 1), rate(A, 0, 1)], [], []),
        ([rate(), rate(B), rate()], [], [str(A)]), ([rate(C), rate()], [str(C)], []),
    ],
)  # fmt: skip
def test_rates_of_use_are_the_parties_own_one_for_each_thing(
    rates: list[UseRate], unknown: list[str], repeated: list[str]
) -> None:
    assert [told(one) for one in rules.use_rate_checks(rates, [A, B])] == [unknown, repeated]
    failed = (["PARTY_UNKNOWN"] if unknown else []) + (["USE_RATE_REPEATED"] if repeated else [])
    assert failed_codes(rules.use_rate_checks(rates, [A, B])) == failed


@pytest.mark.requirement("A033", "A086")
@pytest.mark.refusing
def test_rates_of_rewards_are_of_parties_one_each() -> None:
    assert failed_codes(rules.rate_checks([(A, 1), (B, 1)], [A, B])) == []
    checks = rules.rate_checks([(C, 1), (A, 1), (A, 1)], [A, B])
    assert failed_codes(checks) == ["PARTY_UNKNOWN", "PARTY_REPEATED"]
    assert [told(one) for one in checks] == [[str(C)], [str(A)]]


def test_a_successor_names_who_is_missing_and_parties_named_twice() -> None:
    (check,) = rules.succession_checks([A], bound=[A, B, C], taking_part=[A, B])
    assert told(check) == [str(B)]
    assert told(rules.party_checks([B, A, B])[1]) == [str(B)]
    assert told(rules.party_checks([A, B])[1]) == []


def proposal(**over: Any) -> Proposal:
    halves = ((A, 500_000), (B, 500_000))
    given: dict[str, Any] = {
        "text_file_id": A, "parties": (A, B), "clauses": dict.fromkeys(Clause, "第二条"),
        "benefit_shares": halves, "risk_shares": halves, "effective_on": date(2026, 3, 2),
        "rounding": next(iter(rules.Rounding)), "exit_method": next(iter(rules.ExitMethod)),
    }  # fmt: skip
    return Proposal(**(given | over))


@pytest.mark.requirement("A024", "A084", "A086")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("over", "failed"),
    [
        ({}, []),
        ({"clauses": {}}, [("CLAUSE_MISSING", "/clauses")]),
        ({"benefit_shares": ((A, 1_000_000), (C, 0))}, [("PARTY_UNKNOWN", "/benefit_shares")]),
        ({"risk_shares": ()}, [("SHARES_NOT_100", "/risk_shares")]),
        ({"reward_rates": ((C, 1),)}, [("PARTY_UNKNOWN", "/reward_rates")]),
        ({"use_rates": (rate(C),)}, [("PARTY_UNKNOWN", "/use_rates")]),
        # Shares of ownership are judged where the parties fixed any, and need not be fixed.
        ({"attribution_shares": ((A, 1),)}, [("SHARES_NOT_100", "/attribution_rule/shares")]),
        ({"attribution_shares": ((A, 1_000_000),)}, []),
    ],
)  # fmt: skip
def test_a_proposal_is_judged_as_a_whole(
    over: dict[str, Any], failed: list[tuple[str, str]]
) -> None:
    checks = rules.proposal_checks(proposal(**over))
    assert [(one.code, one.pointer) for one in checks if not one.passed] == failed


def test_a_price_is_for_one_unit_unless_it_says_otherwise() -> None:
    assert rate().per == 1
    assert rate().place == (A, next(iter(Element)), next(iter(UseUnit)))

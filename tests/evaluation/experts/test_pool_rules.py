"""Who may be asked, and what the pool keeps of a tie; no database."""

from datetime import date, timedelta
from itertools import product
from typing import Any
from uuid import UUID

import pytest

from evaluation.experts import rules
from evaluation.experts.absence_rules import Days, recording_checks
from evaluation.experts.rules import (
    Candidate,
    Event,
    ExpertField,
    Interests,
    Party,
    RelationKind,
    State,
    Tie,
)
from shared.rules import Policy, failed_codes

POLICY = Policy("2026.1", {"X08": "四(三)2"}, {"X08": {"look_back_years": 3}})
TODAY = date(2026, 5, 10)
DAY = timedelta(days=1)
CODE, OTHER_CODE = "91310115FAKE00013U", "91310115FAKE00275K"
COMPANY = Party(UUID(int=10), CODE, "member")


@pytest.mark.requirement("A119")
@pytest.mark.parametrize("state", list(State))
def test_an_expert_who_left_the_pool_is_not_asked(state: State) -> None:
    expert = Candidate(UUID(int=20), UUID(int=21), ExpertField.LEGAL, state)
    gone = state is State.RETIRED
    assert failed_codes(rules.pool_checks(expert)) == ["EXPERT_INACTIVE"] * gone
    # Nobody may be asked under a name that is gone.
    assert failed_codes(rules.erasing_checks(state)) == ["STATE_CONFLICT"] * (not gone)


@pytest.mark.parametrize(("state", "event"), list(product(State, Event)))
def test_an_expert_leaves_and_returns_in_turn(state: State, event: Event) -> None:
    may = (state is State.ACTIVE) is (event is Event.RETIRE)
    assert failed_codes(rules.state_checks(state, event)) == ["STATE_CONFLICT"] * (not may)


@pytest.mark.requirement("X08")
@pytest.mark.parametrize(
    ("from_on", "codes"),
    [(None, []), (TODAY, []), (TODAY + DAY, ["DAYS_REVERSED"]), (TODAY - DAY, [])],
)
def test_a_tie_does_not_end_before_it_began(from_on: date | None, codes: list[str]) -> None:
    assert failed_codes(rules.period_checks(from_on, TODAY, pointer="/until_on")) == codes


@pytest.mark.requirement("X08")
@pytest.mark.parametrize(
    ("from_on", "codes"), [(TODAY - DAY, []), (TODAY, []), (TODAY + DAY, ["FIELD_INVALID"])]
)
def test_an_employment_has_begun(from_on: date, codes: list[str]) -> None:
    assert failed_codes(rules.begun_checks(from_on, TODAY)) == codes


@pytest.mark.requirement("X08")
def test_a_conflict_is_told_with_the_facts_behind_it() -> None:
    for relation_id in (UUID(int=30), None):
        tie = Tie(
            RelationKind.BOARD, org_uscc=CODE, from_on=date(2020, 1, 1), until_on=TODAY,
            relation_id=relation_id,
        )  # fmt: skip
        expert = Candidate(UUID(int=20), UUID(int=21), ExpertField.LEGAL, State.ACTIVE, (tie,))
        interests = Interests(UUID(int=1), (COMPANY,))
        (check,) = rules.conflict_checks(POLICY, expert, interests, TODAY)
        assert dict(check.params) == {
            "expert_id": str(UUID(int=20)), "org_uscc": CODE, "org_role": "member",
            "relation": "board", "relation_id": relation_id and str(relation_id),
            "from_on": "2020-01-01", "until_on": "2026-05-10", "through": None, "chain": [],
            "look_back_from": "2023-05-10",
        }  # fmt: skip


@pytest.mark.requirement("X08")
@pytest.mark.parametrize(
    ("known", "employer", "added"),
    [
        ({"org_uscc": CODE}, {"org_uscc": CODE}, False),
        ({"org_uscc": OTHER_CODE}, {"org_uscc": CODE}, True),
        ({"org_id": COMPANY.org_id}, {"org_id": COMPANY.org_id, "org_uscc": CODE}, False),
        ({"org_uscc": CODE, "until_on": TODAY}, {"org_uscc": CODE}, True),
        ({"kind": RelationKind.BOARD, "org_uscc": CODE}, {"org_uscc": CODE}, True),
    ],
)
def test_the_employer_that_the_pool_names_is_added_unless_it_is_told_already(
    known: dict[str, Any], employer: dict[str, Any], *, added: bool
) -> None:
    told = Tie(**{"kind": RelationKind.EMPLOYMENT, **known})
    named = Tie(RelationKind.EMPLOYMENT, **employer)
    assert rules.ties_with_employer([told], named) == ((told, named) if added else (told,))
    assert rules.ties_with_employer([told], None) == (told,)


@pytest.mark.requirement("A119")
def test_a_refused_absence_names_the_days_that_it_meets() -> None:
    days = Days(TODAY, TODAY + 9 * DAY)
    before, within = Days(TODAY - 3 * DAY, TODAY - DAY), Days(TODAY + 2 * DAY, TODAY + 3 * DAY)
    visited = [TODAY + number * DAY for number in range(6)]
    *_, seen, overlap = recording_checks(days, [before, within], visited, TODAY)
    assert seen.params["given"] == [f"2026-05-{10 + number}" for number in range(5)]
    assert overlap.params["days"] == ["2026-05-12/2026-05-13"]
    # One whose days are in the wrong order is told so, and nothing else.
    backwards = recording_checks(Days(TODAY, TODAY - DAY), [], [], TODAY)
    assert failed_codes(backwards) == ["DAYS_REVERSED"]
    one_day = recording_checks(Days(TODAY - DAY, TODAY - DAY), [], [], TODAY)
    assert failed_codes(one_day) == ["FIELD_INVALID"]


@pytest.mark.requirement("X03", "X08")
def test_accounts_of_one_person_are_found_over_any_number_of_entries() -> None:
    one, two, three, four, alone = (UUID(int=n) for n in range(1, 6))
    whole = (one, two, three, four)
    # Entered one way, the other way, and joined by a last entry between two pairs.
    for pairs in (
        [(one, two), (two, three), (three, four)],
        [(one, two), (four, three), (two, four)],
    ):
        assert rules.persons_of(pairs) == dict.fromkeys(whole, whole)
    assert rules.persons_of([(one, two), (three, four)])[three] == (three, four)
    assert rules.persons_of([(alone, alone)]) == {alone: (alone,)}
    assert rules.persons_of([]) == {}


@pytest.mark.requirement("A119", "X08")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("days", "codes"), [(-1, ["FIELD_INVALID"]), (0, []), (1, []), (9, []), (10, ["FIELD_INVALID"])]
)
def test_an_employment_begins_no_earlier_than_the_one_that_it_follows(
    days: int, codes: list[str]
) -> None:
    since = TODAY - timedelta(days=9)
    assert failed_codes(rules.begun_checks(since + timedelta(days=days), TODAY, since)) == codes

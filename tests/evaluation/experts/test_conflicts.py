"""Which ties bar an expert, and until when: pure rules, no fixture."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.experts import rules
from evaluation.experts.rules import (
    Candidate,
    ExpertField,
    Interests,
    Party,
    RelationKind,
    Tie,
    ties_with_employer,
)
from shared.database import new_id
from shared.rules import Policy, failed_codes

POLICY = Policy("2026.1", {"X08": "四(三)2"}, {"X08": {"look_back_years": 3}})
REVIEW_ON = date(2026, 5, 10)
CENTER, OTHER_CENTER = UUID(int=1), UUID(int=2)
COMPANY = Party(UUID(int=10), "91310115FAKE00013U", "member", ("91310117FAKE00152F",))
ENTITY = Party(UUID(int=11), "91310115FAKE00275K", rules.LEGAL_ENTITY)
SUBJECT = Interests(CENTER, (COMPANY, ENTITY))


def candidate(*ties: Tie) -> Candidate:
    return Candidate(UUID(int=20), UUID(int=21), ExpertField.LEGAL, rules.State.ACTIVE, ties)


def tie(kind: RelationKind = RelationKind.EMPLOYMENT, **over: Any) -> Tie:
    return Tie(**{"kind": kind, "org_id": COMPANY.org_id, **over})


def codes(*ties: Tie, on: date = REVIEW_ON) -> list[str]:
    return failed_codes(rules.conflict_checks(POLICY, candidate(*ties), SUBJECT, on))


@pytest.mark.requirement("X08")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("until_on", "expected"),
    [
        (date(2023, 5, 10), ["COI_EMPLOYMENT_3Y"]),
        (date(2023, 5, 11), ["COI_EMPLOYMENT_3Y"]),
        (date(2026, 5, 9), ["COI_EMPLOYMENT_3Y"]),
        (date(2026, 5, 10), ["COI_CURRENT_ORG"]),
        (None, ["COI_CURRENT_ORG"]),
    ],
)
def test_employment_bars_while_it_lasts_and_three_years_after(
    until_on: date | None, expected: list[str]
) -> None:
    assert codes(tie(until_on=until_on)) == expected


@pytest.mark.requirement("X08")
def test_employment_that_ended_a_day_before_the_look_back_is_clear() -> None:
    assert codes(tie(until_on=date(2023, 5, 9))) == []


def test_the_look_back_from_a_leap_day_begins_on_28_february() -> None:
    leap_day = date(2028, 2, 29)
    assert codes(tie(until_on=date(2025, 2, 28)), on=leap_day) == ["COI_EMPLOYMENT_3Y"]
    assert codes(tie(until_on=date(2025, 2, 27)), on=leap_day) == []


def test_a_tie_that_begins_later_is_no_conflict_yet() -> None:
    tomorrow = REVIEW_ON + timedelta(days=1)
    assert codes(tie(from_on=tomorrow)) == []
    assert codes(tie(from_on=tomorrow), on=tomorrow) == ["COI_CURRENT_ORG"]


@pytest.mark.requirement("X08")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (RelationKind.BOARD, "COI_BOARD"),
        (RelationKind.SUPERVISOR, "COI_BOARD"),
        (RelationKind.SHAREHOLDING, "COI_SHAREHOLDING"),
        (RelationKind.CONTROL, "COI_SHAREHOLDING"),
        (RelationKind.KINSHIP, "COI_KINSHIP"),
        (RelationKind.COAUTHORED_PROJECT, "COI_COAUTHORED"),
    ],
)
def test_each_kind_of_tie_has_its_code(kind: RelationKind, code: str) -> None:
    assert codes(tie(kind)) == [code]


@pytest.mark.parametrize("kind", sorted(rules.SEATS))
def test_a_seat_bars_for_its_own_centre_only(kind: RelationKind) -> None:
    assert codes(Tie(kind, center_id=CENTER)) == ["COI_GOVERNANCE_SEAT"]
    assert codes(Tie(kind, org_uscc=ENTITY.uscc)) == ["COI_GOVERNANCE_SEAT"]
    assert codes(Tie(kind, center_id=OTHER_CENTER)) == []
    assert codes(Tie(kind, org_id=COMPANY.org_id)) == []


def test_a_seat_bars_where_the_centre_has_no_legal_entity_yet() -> None:
    checks = rules.conflict_checks(
        POLICY,
        candidate(Tie(RelationKind.COMMITTEE_SEAT, center_id=CENTER)),
        Interests(CENTER, (COMPANY,)),
        REVIEW_ON,
    )
    assert failed_codes(checks) == ["COI_GOVERNANCE_SEAT"]


def test_a_tie_by_code_and_one_through_a_parent_company_are_found() -> None:
    assert codes(Tie(RelationKind.BOARD, org_uscc=COMPANY.uscc)) == ["COI_BOARD"]
    checks = rules.conflict_checks(
        POLICY,
        candidate(Tie(RelationKind.BOARD, org_uscc="91310117FAKE00152F")),
        SUBJECT,
        REVIEW_ON,
    )
    assert [check.params["through"] for check in checks] == ["91310117FAKE00152F"]
    assert [check.params["org_uscc"] for check in checks] == [COMPANY.uscc]


OWNER, HOLDING, STATE = "91310117FAKE00152F", "91310101FAKE00208C", "11310000FAKE00000X"
GROUP = Interests(CENTER, (replace(COMPANY, parent_usccs=(OWNER, HOLDING, STATE)), ENTITY))


def ways(code: str, *owners: str, behind: Interests = GROUP) -> list[tuple[Any, ...]]:
    employed = candidate(Tie(RelationKind.EMPLOYMENT, org_uscc=code, owners=owners))
    checks = rules.conflict_checks(POLICY, employed, behind, REVIEW_ON)
    return [
        (check.params["org_uscc"], check.params["through"], check.params["chain"])
        for check in checks
    ]


@pytest.mark.requirement("X08")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("employer", "through", "chain"),
    [
        # Above the member, at any height, an organ of state included.
        ((HOLDING, STATE), HOLDING, [HOLDING, OWNER, COMPANY.uscc]),
        ((STATE,), STATE, [STATE, HOLDING, OWNER, COMPANY.uscc]),
        # Below it, at any depth.
        (("SUB", COMPANY.uscc, OWNER), COMPANY.uscc, ["SUB", COMPANY.uscc]),
        (("DEEP", "SUB", COMPANY.uscc), COMPANY.uscc, ["DEEP", "SUB", COMPANY.uscc]),
        # Beside it, by the nearest company that holds both.
        (("SISTER", OWNER, HOLDING), OWNER, ["SISTER", OWNER, COMPANY.uscc]),
        (("AUNT", HOLDING, STATE), HOLDING, ["AUNT", HOLDING, OWNER, COMPANY.uscc]),
    ],
)
def test_control_ties_upwards_downwards_and_sideways_with_every_company_between(
    employer: tuple[str, ...], through: str, chain: list[str]
) -> None:
    assert ways(*employer) == [(COMPANY.uscc, through, chain)]


@pytest.mark.requirement("X08")
def test_the_state_as_the_only_common_owner_ties_nobody() -> None:
    assert ways("STRANGER", STATE) == []
    assert ways("STRANGER", "OTHER", STATE) == []
    # An organ that is a member itself is tied to what it holds.
    organ = Interests(CENTER, (Party(UUID(int=12), STATE, "member"),))
    assert ways("STRANGER", STATE, behind=organ) == [(STATE, STATE, ["STRANGER", STATE])]


@pytest.mark.requirement("X08")
def test_a_tie_to_one_member_is_not_told_again_for_its_sisters() -> None:
    sister = Party(UUID(int=12), "SISTER", "member", (OWNER, HOLDING))
    behind = Interests(CENTER, (*GROUP.parties, sister))
    assert ways("SISTER", OWNER, behind=behind) == [("SISTER", None, [])]
    assert ways("SUB", "SISTER", OWNER, behind=behind) == [("SISTER", "SISTER", ["SUB", "SISTER"])]
    assert [way[0] for way in ways(OWNER, behind=behind)] == [COMPANY.uscc, "SISTER"]


def test_ties_to_strangers_are_clear() -> None:
    assert codes(Tie(RelationKind.BOARD, org_uscc="91310101FAKE00208C")) == []
    assert codes() == []


def test_the_employer_of_the_pool_counts_once() -> None:
    lasting = tie(from_on=date(2015, 1, 1))
    employer = tie()
    ties = rules.ties_with_employer([lasting], employer)
    assert ties == (lasting,)
    assert codes(*rules.ties_with_employer([], employer)) == ["COI_CURRENT_ORG"]


def test_a_former_employment_does_not_hide_the_present_one() -> None:
    former = tie(until_on=date(2020, 1, 1))
    present = Tie(RelationKind.EMPLOYMENT, org_uscc=COMPANY.uscc)
    assert codes(*rules.ties_with_employer([former], present)) == ["COI_CURRENT_ORG"]


@given(until_on=st.dates(date(2000, 1, 1), date(2100, 1, 1)), on=st.dates(date(2010, 1, 1)))
def test_a_tie_bars_exactly_until_three_years_have_passed(until_on: date, on: date) -> None:
    barred = codes(tie(RelationKind.BOARD, until_on=until_on), on=on) != []
    # Three years after the last day, 29 February counted as the 28th.
    anniversary = (on.year - 3, on.month, 28 if (on.month, on.day) == (2, 29) else on.day)
    leap_kept = (on.month, on.day) == (2, 29) and (on.year - 3) % 4 == 0
    limit = date(on.year - 3, 2, 29) if leap_kept else date(*anniversary)
    assert barred == (until_on >= limit)


@pytest.mark.requirement("X12")
def test_a_list_shows_the_first_character_of_a_name_only() -> None:
    assert rules.masked("林一舟") == "林**"
    assert rules.masked("林") == "林*"


@pytest.mark.requirement("X08")
@pytest.mark.refusing
def test_another_employment_without_a_code_does_not_hide_the_pool_s_employer() -> None:
    other, own = new_id(), new_id()
    ties = ties_with_employer(
        [Tie(RelationKind.EMPLOYMENT, org_id=other)], Tie(RelationKind.EMPLOYMENT, org_id=own)
    )
    assert [tie.org_id for tie in ties] == [other, own]


@pytest.mark.requirement("X08")
@pytest.mark.refusing
@pytest.mark.parametrize("kind", [kind for kind in RelationKind if kind not in rules.SEATS])
def test_a_tie_that_names_the_centre_alone_is_a_tie_to_it(kind: RelationKind) -> None:
    named = Tie(kind, center_id=CENTER)
    (found,) = rules.conflict_checks(POLICY, candidate(named), SUBJECT, REVIEW_ON)
    assert (found.passed, found.params["org_uscc"]) == (False, ENTITY.uscc)
    without = Interests(CENTER, (COMPANY,))
    (found,) = rules.conflict_checks(POLICY, candidate(named), without, REVIEW_ON)
    assert found.params["org_role"] == "center"
    assert codes(Tie(kind, center_id=OTHER_CENTER)) == []
    # An organization of the centre that is named as well is the nearer fact.
    (both,) = rules.conflict_checks(
        POLICY, candidate(tie(kind, center_id=CENTER)), SUBJECT, REVIEW_ON
    )
    assert both.params["org_uscc"] == COMPANY.uscc


@pytest.mark.requirement("X08")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("ended", "on", "bars"),
    [
        (date(2024, 2, 29), date(2027, 2, 28), True),
        (date(2024, 2, 29), date(2027, 3, 1), False),
        (date(2025, 2, 28), date(2028, 2, 28), True),
        (date(2025, 2, 28), date(2028, 2, 29), True),
        (date(2025, 2, 28), date(2028, 3, 1), False),
        (date(2025, 2, 27), date(2028, 2, 29), False),
    ],
)
def test_three_years_to_the_day_over_leap_days(ended: date, on: date, bars: bool) -> None:
    assert codes(tie(until_on=ended), on=on) == (["COI_EMPLOYMENT_3Y"] if bars else [])

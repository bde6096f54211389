"""Conflicts of many experts at once, and what they are to a panel; no database."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from evaluation.conflicts import rules
from evaluation.experts.conflict_rules import conflicts, reachable
from evaluation.experts.rules import (
    LEGAL_ENTITY,
    Candidate,
    ExpertField,
    Interests,
    Party,
    RelationKind,
    State,
    Tie,
    conflict_checks,
)
from shared.rules import Check, Kind, Policy, Rule

POLICY = Policy("2026.1", {"X08": "四(三)2"}, {"X08": {"look_back_years": 3}})
ON = date(2026, 5, 10)
ONE, TWO = UUID(int=1), UUID(int=2)
COMPANY = Party(UUID(int=10), "91310115FAKE00013U", "member", ("91310117FAKE00152F",))
SISTER = Party(UUID(int=11), "91310115FAKE00275K", LEGAL_ENTITY, ("91310117FAKE00152F",))
STRANGER = Party(UUID(int=12), "91310115FAKE00312L", "member")
INTERESTS = {ONE: Interests(ONE, (COMPANY,)), TWO: Interests(TWO, (SISTER, STRANGER))}


def candidate(number: int, *ties: Tie) -> Candidate:
    expert_id = UUID(int=number)
    return Candidate(expert_id, expert_id, ExpertField.LEGAL, State.ACTIVE, ties)


EXPERTS = [
    candidate(20, Tie(RelationKind.EMPLOYMENT, org_id=COMPANY.org_id)),
    candidate(21, Tie(RelationKind.BOARD, org_uscc=STRANGER.uscc)),
    # It holds both companies, or is held by who does.
    candidate(22, Tie(RelationKind.SHAREHOLDING, org_uscc="91310117FAKE00152F")),
    candidate(23, Tie(RelationKind.KINSHIP, org_uscc="X", owners=("91310117FAKE00152F",))),
    candidate(24, Tie(RelationKind.COMMITTEE_SEAT, center_id=TWO)),
    candidate(25, Tie(RelationKind.EMPLOYMENT, org_uscc="91310115FAKE00999X")),
    candidate(26),
    # It ended too long ago.
    candidate(27, Tie(RelationKind.EMPLOYMENT, org_id=COMPANY.org_id, until_on=date(2020, 1, 1))),
    candidate(28, Tie(RelationKind.BOARD, org_uscc="Y"),
              Tie(RelationKind.EMPLOYMENT, org_id=STRANGER.org_id)),
]  # fmt: skip


@pytest.mark.requirement("X08")
def test_an_index_finds_what_every_pair_alone_finds() -> None:
    found = conflicts(POLICY, EXPERTS, INTERESTS, ON)
    pairs = {
        (subject, one.expert_id): checks
        for one in EXPERTS
        for subject, behind in INTERESTS.items()
        if (checks := conflict_checks(POLICY, one, behind, ON))
    }
    assert found == pairs
    assert sorted((subject.int, expert.int) for subject, expert in found) == [
        (1, 20), (1, 22), (1, 23), (2, 21), (2, 22), (2, 23), (2, 24), (2, 28),
    ]  # fmt: skip


@pytest.mark.requirement("X08")
def test_a_subject_is_reached_by_its_centre_its_parties_and_who_holds_them() -> None:
    reached = reachable(INTERESTS)
    assert reached[ONE] == reached[COMPANY.org_id] == reached[COMPANY.uscc] == {ONE}
    assert reached["91310117FAKE00152F"] == {ONE, TWO}
    assert reached[STRANGER.uscc] == {TWO}


def conflict(code: str, **figures: Any) -> Check:
    return Rule("X08", "四(三)2").check(code, Kind.CONTENT, passed=False, **figures)


@pytest.mark.requirement("X08")
def test_a_panel_names_sheets_and_codes_and_no_person() -> None:
    (clear,) = rules.panel_checks({})
    assert (clear.passed, dict(clear.params)) == (True, {"sheets": [], "codes": []})
    (barred,) = rules.panel_checks(
        {
            TWO: [conflict("COI_BOARD"), conflict("COI_CURRENT_ORG")],
            ONE: [conflict("COI_BOARD", expert_id="e")],
        }
    )
    assert (barred.code, barred.passed) == ("PANEL_CONFLICT", False)
    assert barred.params["sheets"] == [str(ONE), str(TWO)]
    assert barred.params["codes"] == ["COI_BOARD", "COI_CURRENT_ORG"]


@pytest.mark.requirement("X08")
def test_the_same_conflict_has_the_same_name_on_another_day() -> None:
    path = rules.path_of(conflict("COI_BOARD", relation="board", org_uscc="u", chain=[],
                                  look_back_from="2023-05-10"))  # fmt: skip
    assert path == {
        "code": "COI_BOARD", "chain": [], "look_back_from": "2023-05-10", "org_uscc": "u",
        "relation": "board",
    }  # fmt: skip
    named = rules.path_hash(path)
    assert rules.path_hash({**path, "look_back_from": "2024-05-10"}) == named
    # Before there were chains, a direct tie was told without one.
    assert rules.path_hash({name: path[name] for name in path if name != "chain"}) == named
    for other in ({"chain": ["u", "v"]}, {"relation": "kinship"}, {"org_uscc": None}):
        assert rules.path_hash({**path, **other}) != named

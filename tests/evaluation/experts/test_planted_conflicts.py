"""A graph of thousands of ties with planted conflicts: each is found with its path, nothing else.

A fifth of the count in the suite; the whole 10,000 ties and 200 conflicts under `make prove`.
"""

import os
import random
from datetime import date, timedelta
from uuid import UUID

import pytest

from evaluation.experts.conflict_rules import conflicts
from evaluation.experts.rules import (
    Candidate,
    ExpertField,
    Interests,
    Party,
    RelationKind,
    State,
    Tie,
    conflict_checks,
)
from shared.rules import Policy

ON = date(2026, 3, 10)
EDGE = date(2023, 3, 10)
POLICY = Policy("2026.1", {"X08": "四(三)2"}, {"X08": {"look_back_years": 3}})
WHOLE = os.environ.get("ZHICHUANG_PROFILE") == "prove"
PLANTED, TIES = (200, 10_000) if WHOLE else (40, 2_000)
CASES, EXPERTS = 60, 400
# `make prove` draws graphs of its own, from the seed that it tells.
FIRST = int(os.environ.get("ZHICHUANG_SEED", "1")) if WHOLE else 1
GRAPHS = int(os.environ.get("ZHICHUANG_CASES", "3")) if WHOLE else 3
FIELDS = list(ExpertField)

Planted = dict[tuple[UUID, UUID], tuple[str, str | None]]


def uuid(space: int, number: int) -> UUID:
    return UUID(int=(space << 64) + number)


def graph(seed: int) -> tuple[list[Candidate], dict[UUID, Interests], Planted]:
    """Make centres, experts and ties; conflicts are planted, all other ties are to strangers."""
    dice = random.Random(seed)
    interests = {
        uuid(1, n): Interests(
            uuid(2, n),
            (
                Party(uuid(3, n), f"MEMBER{n}", "member", (f"PARENT{n}", f"GRAND{n}")),
                Party(uuid(4, n), f"ENTITY{n}", "legal_entity"),
            ),
        )
        for n in range(CASES)
    }
    ties: dict[int, list[Tie]] = {m: [] for m in range(EXPERTS)}
    planted: Planted = {}
    while len(planted) < PLANTED:
        case, expert = dice.randrange(CASES), dice.randrange(EXPERTS)
        pair = (uuid(1, case), uuid(5, expert))
        if pair not in planted:
            tie, code, through = plant(dice.randrange(7), case)
            ties[expert].append(tie)
            planted[pair] = (code, through)
    while sum(map(len, ties.values())) < TIES:
        ties[dice.randrange(EXPERTS)].append(harmless(dice))
    pool = [
        Candidate(uuid(5, m), uuid(6, m), FIELDS[m % 5], State.ACTIVE,
                  tuple(dice.sample(held, len(held))))
        for m, held in ties.items()
    ]  # fmt: skip
    return pool, interests, planted


def plant(way: int, case: int) -> tuple[Tie, str, str | None]:
    """Give a tie that bars, its code, and the company it goes through."""
    kind = RelationKind
    member, entity = f"MEMBER{case}", f"ENTITY{case}"
    ways: list[tuple[Tie, str, str | None]] = [
        (Tie(kind.EMPLOYMENT, org_uscc=member), "COI_CURRENT_ORG", None),
        (Tie(kind.EMPLOYMENT, org_uscc=member, until_on=EDGE), "COI_EMPLOYMENT_3Y", None),
        (Tie(kind.SHAREHOLDING, org_uscc=f"GRAND{case}"), "COI_SHAREHOLDING", f"GRAND{case}"),
        (Tie(kind.KINSHIP, org_uscc=f"PARENT{case}"), "COI_KINSHIP", f"PARENT{case}"),
        (Tie(kind.COAUTHORED_PROJECT, org_id=uuid(3, case)), "COI_COAUTHORED", None),
        (Tie(kind.COMMITTEE_SEAT, center_id=uuid(2, case)), "COI_GOVERNANCE_SEAT", None),
        (Tie(kind.BOARD, org_uscc=entity, from_on=ON), "COI_BOARD", None),
    ]
    return ways[way]


def harmless(dice: random.Random) -> Tie:
    """Give a tie that bars nobody: to a stranger, over before the look-back, or yet to begin."""
    case = dice.randrange(CASES)
    day = timedelta(days=1)
    return dice.choice(
        [
            Tie(RelationKind.EMPLOYMENT, org_uscc=f"STRANGER{dice.randrange(9_999)}"),
            Tie(RelationKind.SHAREHOLDING, org_uscc=f"STRANGER{dice.randrange(9_999)}"),
            Tie(RelationKind.EMPLOYMENT, org_uscc=f"MEMBER{case}", until_on=EDGE - day),
            Tie(RelationKind.KINSHIP, org_uscc=f"PARENT{case}", from_on=ON + day),
            # A seat in a body of a member's own says nothing of the centre.
            Tie(RelationKind.INDEPENDENT_SEAT, org_uscc=f"MEMBER{case}"),
            Tie(RelationKind.COMMITTEE_SEAT, center_id=uuid(2, CASES + case)),
        ]
    )


@pytest.mark.requirement("X08")
@pytest.mark.refusing
@pytest.mark.parametrize("seed", range(FIRST, FIRST + GRAPHS))
def test_every_planted_conflict_is_found_with_its_path_and_nothing_else(seed: int) -> None:
    pool, interests, planted = graph(seed)

    found = conflicts(POLICY, pool, interests, ON)

    told = {pair: (checks[0].code, checks[0].params["through"]) for pair, checks in found.items()}
    assert told == planted
    assert all(len(checks) == 1 for checks in found.values())


@pytest.mark.requirement("X08")
def test_the_index_finds_what_judging_every_pair_finds() -> None:
    pool, interests, _ = graph(4)
    pairwise = {
        (case, one.expert_id): checks
        for case, behind in interests.items()
        for one in pool[:80]
        if (checks := conflict_checks(POLICY, one, behind, ON))
    }
    assert conflicts(POLICY, pool[:80], interests, ON) == pairwise

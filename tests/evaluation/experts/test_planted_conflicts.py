"""A graph of thousands of ties with planted conflicts: each is found with its path, nothing else.

The ties, owners, codes and second accounts lie in tables, as they came in. A fifth of the count in
the suite; the whole 10,000 ties and 200 conflicts under `make prove`.
"""

import os
import random
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert

from evaluation.experts import queries
from evaluation.experts.conflict_rules import conflicts
from evaluation.experts.rules import (
    Candidate,
    ExpertField,
    Interests,
    RelationKind,
    State,
    conflict_checks,
)
from evaluation.experts.tables import (
    Expert,
    ExpertAccount,
    ExpertRelation,
    FormerOrganizationCode,
)
from evaluation.panels.queries import interests_of_centers
from shared.directory import DirectoryCenter, DirectoryMembership, DirectoryOrganization
from shared.rules import Policy

ON = date(2026, 3, 10)
EDGE = date(2023, 3, 10)
NOW = datetime(2026, 3, 10, tzinfo=UTC)
POLICY = Policy("2026.1", {"X08": "四(三)2"}, {"X08": {"look_back_years": 3}})
WHOLE = os.environ.get("ZHICHUANG_PROFILE") == "prove"
PLANTED, TIES = (200, 10_000) if WHOLE else (40, 2_000)
CASES, EXPERTS = 60, 400
# `make prove` draws graphs of its own, from the seed that it tells.
FIRST = int(os.environ.get("ZHICHUANG_SEED", "1")) if WHOLE else 1
GRAPHS = int(os.environ.get("ZHICHUANG_CASES", "1")) if WHOLE else 1
FIELDS = list(ExpertField)
# Around each centre: who holds whom. One organ of state holds every group at its top.
HELD_BY = {
    "ENTITY": None, "MEMBER": "PARENT", "PARENT": "GRAND", "GRAND": None, "PREDECESSOR": None,
    "SUB": "MID", "MID": "MEMBER", "SISTER": "PARENT", "COUSIN": "SISTER", "STATEOWNED": None,
}  # fmt: skip
AT_THE_TOP = ("GRAND", "STATEOWNED")
ORGAN = "11310000STATE"
RENUMBERED = ("MEMBER", "SUB")

Row = dict[str, Any]
Planted = dict[tuple[UUID, UUID], tuple[str, str | None]]
pytestmark = pytest.mark.anyio


def uuid(space: int, number: int) -> UUID:
    return UUID(int=(space << 64) + number)


def org_id(name: str, case: int) -> UUID:
    return uuid(100 + list(HELD_BY).index(name), case)


def directory() -> Iterable[Any]:
    """Make the centres with who stands behind them, their groups, and codes borne before."""
    for n in range(CASES):
        yield DirectoryCenter(
            id=uuid(1, n), name=f"中心{n}", stage="pilot", model_type="enterprise",
            applicant_form="company", lead_sponsor_id=org_id("MEMBER", n),
            legal_entity_id=org_id("ENTITY", n), position=1,
        )  # fmt: skip
        for name, owner in HELD_BY.items():
            above = ORGAN if name in AT_THE_TOP else None if owner is None else f"{owner}{n}"
            yield DirectoryOrganization(
                id=org_id(name, n), uscc=f"{name}{n}", name=name, org_type="enterprise",
                legal_person_kind="independent", region_code="310115", is_sme=False,
                parent_uscc=above, position=1,
                successor_id=org_id("MEMBER", n) if name == "PREDECESSOR" else None,
            )  # fmt: skip
        for name in RENUMBERED:
            yield FormerOrganizationCode(uscc=f"OLD{name}{n}", org_id=org_id(name, n))


def memberships() -> Iterable[DirectoryMembership]:
    for n in range(CASES):
        yield DirectoryMembership(
            id=uuid(2, n), center_id=uuid(1, n), org_id=org_id("MEMBER", n), role="lead",
            state="active",
        )  # fmt: skip


def ways(case: int) -> list[tuple[Row, str, str | None]]:
    """Give ties that bar, each with its code and the company that it goes through."""
    kind = RelationKind
    member, parent = f"MEMBER{case}", f"PARENT{case}"
    return [
        ({"kind": kind.EMPLOYMENT, "org_uscc": member}, "COI_CURRENT_ORG", None),
        ({"kind": kind.EMPLOYMENT, "org_uscc": f"OLD{member}"}, "COI_CURRENT_ORG", None),
        ({"kind": kind.EMPLOYMENT, "org_uscc": f"PREDECESSOR{case}"}, "COI_CURRENT_ORG", None),
        (
            {"kind": kind.EMPLOYMENT, "org_uscc": member, "until_on": EDGE},
            "COI_EMPLOYMENT_3Y", None,
        ),
        ({"kind": kind.SHAREHOLDING, "org_uscc": f"GRAND{case}"},
         "COI_SHAREHOLDING", f"GRAND{case}"),
        ({"kind": kind.KINSHIP, "org_uscc": parent}, "COI_KINSHIP", parent),
        ({"kind": kind.EMPLOYMENT, "org_uscc": f"SUB{case}"}, "COI_CURRENT_ORG", member),
        ({"kind": kind.BOARD, "org_uscc": f"OLDSUB{case}"}, "COI_BOARD", member),
        ({"kind": kind.CONTROL, "org_id": org_id("MID", case)}, "COI_SHAREHOLDING", member),
        ({"kind": kind.EMPLOYMENT, "org_id": org_id("SISTER", case)}, "COI_CURRENT_ORG", parent),
        ({"kind": kind.SUPERVISOR, "org_uscc": f"COUSIN{case}"}, "COI_BOARD", parent),
        ({"kind": kind.COAUTHORED_PROJECT, "org_id": org_id("MEMBER", case)},
         "COI_COAUTHORED", None),
        ({"kind": kind.COMMITTEE_SEAT, "center_id": uuid(1, case)}, "COI_GOVERNANCE_SEAT", None),
        ({"kind": kind.BOARD, "org_uscc": f"ENTITY{case}", "from_on": ON}, "COI_BOARD", None),
    ]  # fmt: skip


def harmless(dice: random.Random) -> Row:
    """Give a tie that bars nobody: to a stranger, over before the look-back, or yet to begin."""
    case = dice.randrange(CASES)
    day = timedelta(days=1)
    kind = RelationKind
    return dice.choice(
        [
            {"kind": kind.EMPLOYMENT, "org_uscc": f"STRANGER{dice.randrange(9_999)}"},
            {"kind": kind.SHAREHOLDING, "org_id": uuid(9, dice.randrange(9_999))},
            {"kind": kind.EMPLOYMENT, "org_uscc": f"MEMBER{case}", "until_on": EDGE - day},
            {"kind": kind.BOARD, "org_uscc": f"SUB{case}", "until_on": EDGE - day},
            {"kind": kind.KINSHIP, "org_uscc": f"PARENT{case}", "from_on": ON + day},
            # The organ of state holds both, and nothing else does.
            {"kind": kind.EMPLOYMENT, "org_uscc": f"STATEOWNED{case}"},
            # A seat in a body of a member's own says nothing of the centre.
            {"kind": kind.INDEPENDENT_SEAT, "org_uscc": f"MEMBER{case}"},
            {"kind": kind.COMMITTEE_SEAT, "center_id": uuid(1, CASES + case)},
        ]
    )


def graph(seed: int) -> tuple[list[Row], Planted]:
    """Draw ties by the number of their expert, every other conflict under a second account."""
    dice = random.Random(seed)
    ties: list[Row] = []
    planted: Planted = {}
    while len(planted) < PLANTED:
        case, expert = dice.randrange(CASES), dice.randrange(EXPERTS)
        pair = (uuid(1, case), uuid(5, expert))
        if pair not in planted:
            choices = ways(case)
            tie, code, through = choices[len(planted) % len(choices)]
            entered = uuid(6 if len(planted) % 2 else 5, expert)
            ties.append({**tie, "expert_id": entered})
            planted[pair] = (code, through)
    while len(ties) < TIES:
        ties.append({**harmless(dice), "expert_id": uuid(5, dice.randrange(EXPERTS))})
    dice.shuffle(ties)
    return ties, planted


async def stored(
    running: Callable[..., Any], ties: list[Row]
) -> tuple[list[Candidate], dict[UUID, Interests]]:
    """Lay the graph down in tables, and read experts and centres as the product reads them."""
    async with running("evaluation") as service, service.sessions.begin() as session:
        session.add_all([*directory(), *people()])
        await session.flush()
        session.add_all([*memberships(), *accounts()])
        await session.flush()
        empty: Row = dict.fromkeys(("org_id", "org_uscc", "center_id", "from_on", "until_on"))
        rows = [
            {**empty, **tie, "id": uuid(8, n), "recorded_at": NOW} for n, tie in enumerate(ties)
        ]
        await session.execute(insert(ExpertRelation), rows)
        pool = await queries.pool(session)
        interests = await interests_of_centers(session, [uuid(1, n) for n in range(CASES)])
        return list(pool.values()), interests


def people() -> Iterable[Expert]:
    """Make the experts, and beside each a retired entry under that person's other account."""
    for m in range(EXPERTS):
        for space, state in ((5, State.ACTIVE), (6, State.RETIRED)):
            yield Expert(
                id=uuid(space, m), person_id=uuid(10 + space, m), field=FIELDS[m % 5],
                title="教授", state=state, registered_at=NOW,
            )  # fmt: skip


def accounts() -> Iterable[ExpertAccount]:
    for m in range(EXPERTS):
        yield ExpertAccount(person_id=uuid(16, m), expert_id=uuid(5, m), recorded_at=NOW)


@pytest.mark.requirement("X08")
@pytest.mark.refusing
@pytest.mark.parametrize("seed", range(FIRST, FIRST + GRAPHS))
async def test_every_planted_conflict_is_found_with_its_path_and_nothing_else(
    running: Callable[..., Any], seed: int
) -> None:
    ties, planted = graph(seed)
    pool, interests = await stored(running, ties)

    found = conflicts(POLICY, pool, interests, ON)

    told = {
        pair: {(check.code, check.params["through"]) for check in checks}
        for pair, checks in found.items()
    }
    assert told == {pair: {one} for pair, one in planted.items()}
    for checks in found.values():
        for check in checks:
            chain = check.params["chain"]
            assert (check.params["through"] in chain) if chain else not check.params["through"]
            assert not chain or chain[-1] == check.params["org_uscc"]
    # The index finds what judging pair by pair finds.
    few = pool[:60]
    pairwise = {
        (case, one.expert_id): checks
        for case, behind in interests.items()
        for one in few
        if (checks := conflict_checks(POLICY, one, behind, ON))
    }
    assert conflicts(POLICY, few, interests, ON) == pairwise

"""A draft is in no list, count, export, event or refusal of anybody but its own people (X04)."""

from functools import partial
from typing import Any

import httpx
import pytest

from shared.database import new_id
from tests.fixtures.hiding import Readers, everything, leaks
from tests.registry.applications.cases import PLAN, TECHNOLOGY, Case

pytestmark = pytest.mark.anyio

# Words that stand nowhere but in this draft, one for each of its parts.
SECRETS = ("机密中心名", "机密技术名", "机密规划文")
# Officials follow what happens, by ids and never by content; auditors see every change, hashed.
BY_IDS = ("/v1/registry/events", "/v1/registry/audit", "/v1/registry/deltas")

READERS: tuple[tuple[str, ...], ...] = (
    (), ("member",), ("official", "handler"), ("official", "reviewer"), ("official", "approver"),
    ("official", "auditor"), ("agency",), ("agency", "finance"), ("expert",),
)  # fmt: skip


def reader(case: Case, capacities: tuple[str, ...]) -> httpx.AsyncClient:
    claims: dict[str, Any] = {}
    if capacities:
        claims["sub"] = case.person("+".join(capacities))
    if "member" in capacities:
        claims["org_id"] = case.orgs["M04"]
    if "expert" in capacities:
        claims["expert_id"] = case.person("an expert")
    return case.registry.client(*capacities, **claims)


def readers(case: Case) -> Readers:
    return {capacities: partial(reader, case, capacities) for capacities in READERS}


def by_ids(capacities: tuple[str, ...], path: str) -> bool:
    return path in BY_IDS and "official" in capacities


async def secret_draft(case: Case) -> dict[str, str]:
    """Let M01 draft an application with words of its own in each part, and invite nobody."""
    made = await case.draft(name=SECRETS[0])
    assert made.status_code == 201, made.text
    technology = await case.step(
        case.member("M01"), "POST", "core-technologies", {**TECHNOLOGY, "name": SECRETS[1]}
    )
    assert technology.status_code == 201, technology.text
    parts = [{"part": number, "text": SECRETS[2]} for number in range(1, 6)]
    plan = await case.step(case.member("M01"), "PUT", "plan", {**PLAN, "parts": parts})
    assert plan.status_code == 200, plan.text
    await case.registry.number()
    return {
        "application_id": case.application_id,
        "center_id": case.center_id,
        "plan_id": plan.json()["id"] if "id" in plan.json() else str(new_id()),
        "technology_id": technology.json()["id"],
    }


@pytest.mark.refusing
@pytest.mark.requirement("X04")
async def test_no_answer_to_a_stranger_knows_of_a_draft(case: Case) -> None:
    known = await secret_draft(case)
    assert await leaks(case.registry, readers(case), known, SECRETS, by_ids=by_ids) == []
    async with case.member("M01") as own:
        assert SECRETS[0] in (await own.get("/v1/registry/applications")).text


@pytest.mark.refusing
@pytest.mark.requirement("X04")
async def test_no_count_nor_export_changes_when_a_stranger_drafts(case: Case) -> None:
    before = await everything(case.registry, readers(case), but=BY_IDS)
    await secret_draft(case)
    after = await everything(case.registry, readers(case), but=BY_IDS)
    assert len(before) > 200
    assert [place for place in before if before[place] != after[place]] == []

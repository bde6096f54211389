"""Entering organizations and parks: what a code proves, who corrects, and who is barred."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.organizations import rules
from registry.organizations.rules import OrgType
from shared.database import new_id
from shared.rules import failed_codes
from tests.fixtures.service import RunningService, event_types

ENTRY: dict[str, Any] = {
    "uscc": "91310115FAKE00275K",
    "name": "上海澄曜集成电路共性技术创新中心",
    "org_type": "enterprise",
    "legal_person_kind": "independent",
    "region_code": "310115",
    "registered_on": "2024-06-18",
    "industry_code": "C3973",
    "is_sme": False,
    "is_leading": False,
    "chain_position": "midstream",
}
LEAD = str(new_id())


async def entered(registry: RunningService, **over: Any) -> Any:
    async with registry.client("handler") as handler:
        return await handler.post("/v1/registry/organizations", json={**ENTRY, **over})


@given(st.text(max_size=12))
def test_any_region_gets_a_verdict(region: str) -> None:
    assert len(rules.region_checks(region)) == 1


@pytest.mark.parametrize(
    ("region", "passed"),
    [("310115", True), ("310103", True), ("310199", False), ("330100", True), ("3101", False)],
)
def test_a_region_of_the_city_exists_or_existed(region: str, *, passed: bool) -> None:
    assert (failed_codes(rules.region_checks(region)) == []) is passed


@pytest.mark.requirement("A068")
@pytest.mark.refusing
@pytest.mark.parametrize("kind", [kind for kind in OrgType if kind is not OrgType.PARK_DEVELOPER])
def test_only_a_park_developer_has_a_park(kind: OrgType) -> None:
    own = new_id()
    checks = rules.park_checks(kind, own, own, official=False)
    assert failed_codes(checks) == ["PARK_DEVELOPER_REQUIRED"]


pytestmark = pytest.mark.anyio


@pytest.mark.requirement("A051", "A105")
async def test_a_member_enters_the_legal_person_that_it_founds(registry: RunningService) -> None:
    async with registry.client("member", org_id=(await entered(registry)).json()["id"]) as member:
        answer = await member.post(
            "/v1/registry/organizations", json={**ENTRY, "uscc": "91310114fake002830"}
        )
        seen = await member.get("/v1/registry/organizations", params={"uscc": "91310114FAKE002830"})
    assert answer.status_code == 201, answer.text
    assert answer.json()["uscc"] == "91310114FAKE002830"
    assert answer.headers["ETag"] == '"1"'
    assert [item["id"] for item in seen.json()["items"]] == [answer.json()["id"]]
    assert "directory.organization" in await event_types(registry.sessions)


@pytest.mark.requirement("A051", "A105")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("over", "code"),
    [
        ({"uscc": "91310115FAKE00275A"}, "USCC_CHECK_DIGIT"),
        ({"uscc": "91310115FAKE0027"}, "USCC_FORMAT"),
        ({"uscc": "91350100M000100Y4Z"}, "USCC_FORMAT"),
        ({"region_code": "310199"}, "CODE_UNKNOWN"),
        ({"registered_on": "2026-01-13"}, "DAY_IN_FUTURE"),
        ({"parent_uscc": "12100000425006117D"}, "USCC_CHECK_DIGIT"),
        ({"registered_on": "2026-02-30"}, "FIELD_INVALID"),
        ({"is_sme": "yes please"}, "FIELD_INVALID"),
        ({"capital": 1.5}, "FIELD_UNKNOWN"),
        ({"org_type": "circus"}, "FIELD_INVALID"),
        ({"name": ""}, "FIELD_INVALID"),
    ],
)
async def test_a_wrong_entry_is_refused(
    registry: RunningService, over: dict[str, Any], code: str
) -> None:
    answer = await entered(registry, **over)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


@pytest.mark.refusing
async def test_a_code_has_one_entry_even_among_twins(registry: RunningService) -> None:
    answers = await asyncio.gather(*(entered(registry) for _ in range(8)))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [201, *[409] * 7]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert refused.json()["code"] == "ALREADY_EXISTS"


@pytest.mark.refusing
@pytest.mark.parametrize("capacity", ["expert", "agency", "auditor", "service"])
async def test_others_enter_nothing(registry: RunningService, capacity: str) -> None:
    async with registry.client(capacity) as caller:
        answer = await caller.post("/v1/registry/organizations", json=ENTRY)
    assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN_SCOPE")


@pytest.mark.requirement("X06", "X17")
async def test_a_handler_corrects_an_entry_and_null_clears(registry: RunningService) -> None:
    path = f"/v1/registry/organizations/{(await entered(registry)).json()['id']}"
    async with registry.client("handler") as handler:
        barred = await handler.patch(
            path,
            json={"dishonesty_until": "2027-01-01", "is_sme": True},
            headers={"If-Match": '"1"'},
        )
        cleared = await handler.patch(
            path, json={"dishonesty_until": None}, headers={"If-Match": '"2"'}
        )
    assert barred.json()["dishonesty_until"] == "2027-01-01"
    assert (cleared.json()["dishonesty_until"], cleared.json()["is_sme"]) == (None, True)
    assert cleared.json()["name"] == ENTRY["name"]


@pytest.mark.requirement("X06")
@pytest.mark.refusing
async def test_a_stale_or_missing_version_is_refused(registry: RunningService) -> None:
    path = f"/v1/registry/organizations/{(await entered(registry)).json()['id']}"
    async with registry.client("handler") as handler:
        stale = await handler.patch(path, json={"is_sme": True}, headers={"If-Match": '"7"'})
        missing = await handler.patch(path, json={"is_sme": True})
    assert (stale.status_code, stale.json()["code"]) == (412, "VERSION_CONFLICT")
    assert (missing.status_code, missing.json()["code"]) == (428, "PRECONDITION_REQUIRED")


@pytest.mark.refusing
async def test_a_member_corrects_nothing(registry: RunningService) -> None:
    own = (await entered(registry)).json()["id"]
    async with registry.client("member", org_id=own) as member:
        answer = await member.patch(
            f"/v1/registry/organizations/{own}", json={"is_sme": True}, headers={"If-Match": '"1"'}
        )
    assert answer.status_code == 403


@pytest.mark.requirement("A068")
async def test_a_developer_enters_its_park(registry: RunningService) -> None:
    developer = (
        await entered(registry, uscc="91310115FAKE00179A", org_type="park_developer")
    ).json()["id"]
    park = {
        "name": "临湾智能制造产业园（示例）",
        "level": "municipal",
        "region_code": "310115",
        "firm_count": 260,
        "cluster_output": {"amount": 1_200_000_000_000, "currency": "CNY"},
        "support_conditions": "公共检测平台",
        "developer_org_id": developer,
    }
    async with registry.client("member", org_id=developer) as member:
        made = await member.post("/v1/registry/parks", json=park)
        twin = await member.post("/v1/registry/parks", json=park)
        read = await member.get(f"/v1/registry/parks/{made.json()['id']}")
    async with registry.client("member", org_id=LEAD) as stranger:
        refused = await stranger.post("/v1/registry/parks", json={**park, "name": "别的园区"})
    assert (made.status_code, read.json()) == (201, made.json())
    assert made.json()["cluster_output"] == park["cluster_output"]
    assert (twin.status_code, twin.json()["code"]) == (409, "ALREADY_EXISTS")
    assert (refused.status_code, refused.json()["code"]) == (403, "FORBIDDEN_SCOPE")

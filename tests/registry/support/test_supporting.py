"""One plan for one centre, measures that follow from it, and both standing still."""

import asyncio
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlmodel import col, update

from registry.centers.rules import MilestoneKind, MilestoneState, Stage
from registry.centers.tables import Center, CenterMilestone
from tests.fixtures.service import event_types
from tests.registry.facts.conftest import House, house

__all__ = ["house"]

PLANS = "/v1/registry/support-plans"
MEASURES = "/v1/registry/support-measures"
POLICIES = "/v1/registry/support-policies"
DRAFTER, APPROVER = uuid4(), uuid4()

pytestmark = pytest.mark.anyio


def official(house: House, duty: str, person: UUID) -> httpx.AsyncClient:
    return house.registry.client("official", duty, sub=person)


def plan_body(center_id: UUID, *kinds: str) -> dict[str, Any]:
    return {
        "center_id": str(center_id),
        "case_text": "检测装备首台套突破，建设期资金缺口较大",
        "precedent": "参照同类中心并作差异分析",
        "policy_mix": [
            {"kind": kind, "purpose": "platform_building", "text": "公共技术平台"}
            for kind in kinds or ("fund", "special_project", "talent")
        ],
    }


async def draft(house: House, center_id: UUID | None = None, *kinds: str) -> httpx.Response:
    async with official(house, "handler", DRAFTER) as handler:
        return await handler.post(PLANS, json=plan_body(center_id or house.center_id, *kinds))


async def approved(house: House) -> dict[str, Any]:
    made = await draft(house)
    assert made.status_code == 201, made.text
    path = f"{PLANS}/{made.json()['id']}"
    async with official(house, "handler", DRAFTER) as handler:
        assert (await handler.post(f"{path}/propose")).is_success
    async with official(house, "approver", APPROVER) as approver:
        answer = await approver.post(f"{path}/approve", json={"doc_no": "示例7号"})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def propose(house: House, **over: Any) -> httpx.Response:
    body = {
        "center_id": str(house.center_id),
        "kind": "fund",
        "purpose": "platform_building",
        "title": "平台建设补助",
        "basis": "示例3号第五条",
        "amount": {"amount": 500_000_000, "currency": "CNY"},
        "starts_on": "2027-07-01",
        "ends_on": "2029-06-30",
        **over,
    }
    async with official(house, "handler", DRAFTER) as handler:
        return await handler.post(MEASURES, json=body, headers={"Idempotency-Key": str(uuid4())})


async def decide(house: House, path: str, person: UUID = APPROVER) -> httpx.Response:
    async with official(house, "approver", person) as approver:
        return await approver.post(path)


async def moved_to(house: House, stage: Stage) -> None:
    async with house.registry.sessions.begin() as session:
        await session.execute(
            update(Center).where(col(Center.id) == house.center_id).values(stage=stage)
        )


async def overdue(house: House) -> None:
    async with house.registry.sessions.begin() as session:
        session.add(
            CenterMilestone(
                center_id=house.center_id,
                kind=MilestoneKind.ENTITY_REGISTRATION,
                due_on=date(2027, 5, 31),
                state=MilestoneState.OVERDUE,
                opened_on=date(2026, 3, 10),
            )
        )


@pytest.mark.requirement("A139", "A140", "A141")
async def test_a_plan_is_drafted_proposed_and_approved_by_another(house: House) -> None:
    plan = await approved(house)
    assert (plan["state"], plan["doc_no"], plan["paused"]) == ("approved", "示例7号", False)
    again = await draft(house)
    assert (again.status_code, again.json()["code"]) == (409, "ALREADY_EXISTS")
    async with official(house, "approver", APPROVER) as approver:
        ended = await approver.post(f"{PLANS}/{plan['id']}/ending", json={"reason": "期满"})
    assert ended.json()["state"] == "ended"
    assert (await draft(house)).status_code == 201


@pytest.mark.requirement("A140", "X03")
@pytest.mark.refusing
async def test_plans_are_not_made_in_bulk_nor_approved_by_their_writer(house: House) -> None:
    bodies = [plan_body(house.center_id) for _ in range(5)]
    async with official(house, "handler", DRAFTER) as handler:
        batch = await handler.post("/v1/registry/support-plan-batches", json=bodies)
        in_place = await handler.post(f"{PLANS}/batch", json=bodies)
        as_list = await handler.post(PLANS, json=bodies)
    assert (batch.status_code, in_place.status_code, as_list.status_code) == (405, 405, 422)
    made = (await draft(house)).json()
    async with official(house, "handler", DRAFTER) as handler:
        await handler.post(f"{PLANS}/{made['id']}/propose")
    async with official(house, "approver", DRAFTER) as same:
        answer = await same.post(f"{PLANS}/{made['id']}/approve", json={"doc_no": "示例8号"})
    assert (answer.status_code, answer.json()["code"]) == (403, "SOD_VIOLATION")


@pytest.mark.requirement("A140", "X03")
@pytest.mark.refusing
async def test_an_author_of_a_plan_stays_one_when_another_writes_on(house: House) -> None:
    made = await draft(house)
    path, editor = f"{PLANS}/{made.json()['id']}", uuid4()
    body = plan_body(house.center_id)
    del body["center_id"]
    async with official(house, "handler", editor) as other:
        seen = {"If-Match": made.headers["etag"]}
        assert (await other.put(path, json=body, headers=seen)).status_code == 200
        await other.post(f"{path}/propose")
    async with official(house, "approver", DRAFTER) as same:
        answer = await same.post(f"{path}/approve", json={"doc_no": "示例8号"})
    assert (answer.status_code, answer.json()["code"]) == (403, "SOD_VIOLATION")


@pytest.mark.requirement("A139", "A140")
@pytest.mark.refusing
async def test_two_drafts_of_one_centre_make_one_plan(house: House) -> None:
    answers = await asyncio.gather(*(draft(house) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    suspended = await draft(house, house.other_center_id)
    assert (suspended.status_code, suspended.json()["code"]) == (409, "STATE_CONFLICT")
    assert (await event_types(house.registry.sessions)).count("support_plan.drafted") == 1


@pytest.mark.requirement("A139")
@pytest.mark.refusing
async def test_a_centre_that_is_not_listed_gets_no_measure(house: House) -> None:
    async with house.registry.sessions.begin() as session:
        await session.execute(
            update(Center)
            .where(col(Center.id) == house.other_center_id)
            .values(stage=Stage.CANDIDATE, listed_on=None, code=None)
        )
    answer = await propose(house, center_id=str(house.other_center_id))
    assert (answer.status_code, answer.json()["code"]) == (409, "STATE_CONFLICT")
    assert answer.json()["errors"][0]["rule"] == "A139"


@pytest.mark.requirement("A138", "A142", "A146")
async def test_a_measure_is_proposed_by_one_and_approved_by_another(house: House) -> None:
    await approved(house)
    grant = await propose(
        house,
        kind="special_project",
        program="industrial_foundation",
        project="检测装备研制",
        preference_reason="试点单位，同等条件优先",
        capability="technology_base",
    )
    assert grant.status_code == 201, grant.text
    path = f"{MEASURES}/{grant.json()['id']}"
    async with house.caller(house.lead) as lead:
        assert (await lead.get(path)).status_code == 404
    same = await decide(house, f"{path}/approve", DRAFTER)
    assert (same.status_code, same.json()["code"]) == (403, "SOD_VIOLATION")
    answers = await asyncio.gather(*(decide(house, f"{path}/approve") for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    async with house.caller(house.lead) as lead:
        [seen] = (await lead.get(MEASURES, params={"kind": "special_project"})).json()["items"]
    async with house.caller(house.stranger) as stranger:
        hidden = await stranger.get(path)
        nothing = (await stranger.get(MEASURES)).json()["items"]
    assert (seen["preference_reason"], seen["capability"]) == (
        "试点单位，同等条件优先",
        "technology_base",
    )
    assert (hidden.status_code, nothing) == (404, [])


@pytest.mark.requirement("A138", "A142", "A148")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("over", "status", "code"),
    [
        ({"amount": None}, 422, "AMOUNT_MISSING"),
        ({"ends_on": "2027-06-30"}, 422, "DAYS_OUT_OF_ORDER"),
        ({"purpose": "advertising"}, 422, "FIELD_INVALID"),
        ({"purpose": "exchange"}, 409, "MEASURE_NOT_PLANNED"),
        ({"kind": "talent"}, 422, "MEASURE_PARTICULARS"),
        ({"kind": "special_project"}, 422, "MEASURE_PARTICULARS"),
        ({"amount": {"amount": 0, "currency": "CNY"}}, 422, "FIELD_INVALID"),
    ],
)
async def test_a_measure_that_does_not_fit_is_not_kept(
    house: House, over: dict[str, Any], status: int, code: str
) -> None:
    await approved(house)
    answer = await propose(house, **over)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    async with official(house, "handler", DRAFTER) as handler:
        assert (await handler.get(MEASURES)).json()["items"] == []


@pytest.mark.requirement("A139", "A053")
@pytest.mark.refusing
async def test_support_stands_still_while_a_centre_rectifies_or_owes(house: House) -> None:
    plan = await approved(house)
    waiting = (await propose(house)).json()
    await moved_to(house, Stage.RECTIFYING)
    async with official(house, "handler", DRAFTER) as handler:
        paused = (await handler.get(f"{PLANS}/{plan['id']}")).json()["paused"]
    refused = await decide(house, f"{MEASURES}/{waiting['id']}/approve")
    assert (paused, refused.status_code) == (True, 409)
    await moved_to(house, Stage.PILOT)
    await overdue(house)
    late = await decide(house, f"{MEASURES}/{waiting['id']}/approve")
    new = await propose(house)
    assert (late.status_code, late.json()["code"]) == (409, "MILESTONE_OVERDUE")
    assert (new.status_code, new.json()["code"]) == (409, "MILESTONE_OVERDUE")


@pytest.mark.requirement("A141", "A140")
@pytest.mark.refusing
async def test_what_fitted_another_stage_is_not_approved_in_this_one(house: House) -> None:
    made = (await draft(house, None, "first_purchase")).json()
    path = f"{PLANS}/{made['id']}"
    async with official(house, "handler", DRAFTER) as handler:
        assert (await handler.post(f"{path}/propose")).is_success
    await moved_to(house, Stage.PREPARING)
    async with official(house, "approver", APPROVER) as approver:
        early = await approver.post(f"{path}/approve", json={"doc_no": "示例7号"})
        await moved_to(house, Stage.PILOT)
        assert (await approver.post(f"{path}/approve", json={"doc_no": "示例7号"})).is_success
    waiting = await propose(house, kind="first_purchase", amount=None)
    assert waiting.status_code == 201, waiting.text
    decision = f"{MEASURES}/{waiting.json()['id']}/approve"
    await moved_to(house, Stage.PREPARING)
    refused = await decide(house, decision)
    for answer in (early, refused):
        assert (answer.status_code, answer.json()["code"]) == (422, "MEASURE_NOT_APPLICABLE")
    await moved_to(house, Stage.RECOGNIZED)
    assert (await decide(house, decision)).status_code == 200


@pytest.mark.requirement("A147")
async def test_the_inventory_tells_what_is_open_to_a_centre_and_until_when(house: House) -> None:
    body = {
        "title": "产业技术创新专项",
        "issuer": "示例委员会",
        "basis": "示例3号",
        "kind": "special_project",
        "conditions": "市级创新中心",
        "stages": ["pilot"],
        "valid_from": "2026-01-01",
        "valid_until": "2027-12-31",
    }
    async with official(house, "handler", DRAFTER) as handler:
        first = (await handler.post(POLICIES, json=body)).json()
        other = {**body, "title": "只给平台型", "model_types": ["platform"]}
        await handler.post(POLICIES, json=other)
        builds = {**body, "title": "产业技术基础", "stages": [], "capability": "technology_base"}
        base = await handler.post(POLICIES, json={**builds, "valid_until": "2027-01-31"})
        built = (await handler.get(POLICIES, params={"capability": "technology_base"})).json()
    assert [one["id"] for one in built["items"]] == [base.json()["id"]]
    async with house.caller(house.lead) as lead:
        for on, found in (("2027-12-31", 1), ("2028-01-01", 0)):
            asked = {"center_id": str(house.center_id), "on": on}
            items = (await lead.get(POLICIES, params=asked)).json()["items"]
            assert [one["title"] for one in items] == [body["title"]] * found
    async with official(house, "handler", DRAFTER) as handler:
        ending = {"valid_until": "2027-05-31", "reason": "废止"}
        ended = await handler.post(f"{POLICIES}/{first['id']}/ending", json=ending)
        now = {"center_id": str(house.center_id), "on": "2027-06-01"}
        left = (await handler.get(POLICIES, params=now)).json()["items"]
    assert (ended.json()["valid_until"], left) == ("2027-05-31", [])


@pytest.mark.requirement("A147")
@pytest.mark.refusing
async def test_a_policy_does_not_end_before_it_begins_nor_is_a_members_to_enter(
    house: House,
) -> None:
    body = {
        "title": "专项",
        "issuer": "示例委员会",
        "basis": "示例3号",
        "kind": "fund",
        "conditions": "市级创新中心",
        "valid_from": "2026-01-01",
        "valid_until": "2025-12-31",
    }
    async with official(house, "handler", DRAFTER) as handler:
        crooked = await handler.post(POLICIES, json=body)
        listed = (await handler.get(POLICIES)).json()["items"]
    async with house.caller(house.lead) as lead:
        foreign = await lead.post(POLICIES, json={**body, "valid_until": None})
    assert (crooked.status_code, crooked.json()["code"]) == (422, "DAYS_OUT_OF_ORDER")
    assert (foreign.status_code, listed) == (403, [])


@pytest.mark.requirement("A140", "X06")
@pytest.mark.refusing
async def test_an_old_version_of_a_plan_is_not_written_over(house: House) -> None:
    made = await draft(house)
    path, tag = f"{PLANS}/{made.json()['id']}", made.headers["etag"]
    body = plan_body(house.center_id)
    del body["center_id"]
    async with official(house, "handler", DRAFTER) as handler:
        tasks = (await handler.get("/v1/registry/tasks")).json()["items"]
        edited = await handler.put(path, json=body, headers={"If-Match": tag})
        stale = await handler.put(path, json=body, headers={"If-Match": tag})
        without = await handler.put(path, json=body)
    assert "support_plan.propose" in {task["kind"] for task in tasks}
    assert (edited.status_code, stale.status_code, without.status_code) == (200, 412, 428)

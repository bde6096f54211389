"""What anyone may read of the programme, and what handlers keep."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from registry.programme import queries
from registry.programme.rules import PolicyState
from registry.programme.tables import PolicyVersion
from shared.database import new_id
from tests.fixtures.service import RunningService, event_types

pytestmark = pytest.mark.anyio
CALL: dict[str, Any] = {
    "title": "2026年度集成电路领域专项申报",
    "field_codes": ["integrated_circuit"],
    "open_from": "2026-09-01",
    "open_until": "2026-10-31",
    "soft_window": False,
    "strict_entity_age": True,
    "materials": [{"kind": "plan"}, {"kind": "other", "required": False}],
}


async def drafted(registry: RunningService, **over: Any) -> Any:
    async with registry.client("handler") as handler:
        return await handler.post("/v1/registry/calls", json={**CALL, **over})


@pytest.mark.requirement("A001")
async def test_everyone_reads_the_policy_with_clauses_and_thresholds(
    registry: RunningService,
) -> None:
    async with registry.client() as anyone:
        answer = await anyone.get("/v1/registry/policy-versions")
        [version] = answer.json()["items"]
        again = await anyone.get(
            "/v1/registry/policy-versions", headers={"If-None-Match": answer.headers["ETag"]}
        )
    assert version["clauses"]["A051"] == "三(二)"
    assert version["parameters"]["A051"]["max_age_years"] == 3
    assert again.status_code == 304


@pytest.mark.requirement("A001")
@pytest.mark.refusing
async def test_two_versions_are_never_in_force_on_one_day(registry: RunningService) -> None:
    with pytest.raises(DBAPIError, match="ex_policy_version_one_a_day"):
        async with registry.sessions.begin() as session:
            session.add(
                PolicyVersion(
                    id=new_id(),
                    version="another",
                    state=PolicyState.IN_FORCE,
                    title_zh="x",
                    title_en="x",
                    effective_from=date(2026, 1, 1),
                    legal_bases=[],
                    clauses={},
                    parameters={},
                )
            )


@pytest.mark.requirement("A001")
async def test_the_policy_is_in_the_feed_from_the_start(registry: RunningService) -> None:
    await registry.number()
    async with registry.client("service") as service:
        feed = (await service.get("/v1/registry/events")).json()
    [event] = [item for item in feed["items"] if item["type"] == "policy.published"]
    assert event["data"]["parameters"]["X09"] == {
        "notice_working_days": 5,
        "objection_working_days": 5,
        "reply_working_days": 5,
    }


@pytest.mark.requirement("X15")
async def test_code_tables_carry_both_names(registry: RunningService) -> None:
    async with registry.client() as anyone:
        names = (await anyone.get("/v1/registry/code-tables")).json()["items"]
        regions = (await anyone.get("/v1/registry/code-tables/regions")).json()["entries"]
        unknown = await anyone.get("/v1/registry/code-tables/colours")
    assert {"regions", "service-catalog", "fact-kinds", "material-kinds"} <= set(names)
    assert {"code": "310115", "name_zh": "浦东新区", "name_en": "Pudong"}.items() <= next(
        entry for entry in regions if entry["code"] == "310115"
    ).items()
    assert unknown.status_code == 404


@pytest.mark.requirement("A047")
async def test_a_retired_field_is_active_up_to_its_last_day(registry: RunningService) -> None:
    field = {
        "code": "steam_engines",
        "name_zh": "蒸汽机",
        "name_en": "Steam engines",
        "plan_period": "十三五",
        "active_from": "2016-01-01",
    }
    async with registry.client("handler") as handler:
        opened = await handler.post("/v1/registry/fields", json=field)
        retired = await handler.patch(
            "/v1/registry/fields/steam_engines",
            json={"active_until": "2025-12-31"},
            headers={"If-Match": opened.headers["ETag"]},
        )
        twin = await handler.post("/v1/registry/fields", json=field)
        reversed_ = await handler.patch(
            "/v1/registry/fields/steam_engines",
            json={"active_until": "2015-12-31"},
            headers={"If-Match": retired.headers["ETag"]},
        )
    assert [opened.status_code, retired.status_code, twin.status_code] == [201, 200, 409]
    assert (reversed_.status_code, reversed_.json()["code"]) == (422, "DAYS_REVERSED")
    async with registry.sessions.reading() as session:
        last = await queries.active_fields(session, date(2025, 12, 31))
        after = await queries.active_fields(session, date(2026, 1, 1))
    assert ("steam_engines" in last, "steam_engines" in after) == (True, False)


@pytest.mark.requirement("A115")
async def test_a_call_is_drafted_published_and_closed(registry: RunningService) -> None:
    call = await drafted(registry)
    path = f"/v1/registry/calls/{call.json()['id']}"
    async with registry.client() as anyone, registry.client("handler") as handler:
        hidden = await anyone.get(path)
        published = await handler.post(f"{path}/publish")
        seen = await anyone.get(path)
        twice = await handler.post(f"{path}/publish")
        closed = await handler.post(f"{path}/close")
    assert call.status_code == 201, call.text
    assert [hidden.status_code, seen.status_code, twice.status_code] == [404, 200, 409]
    assert published.json()["published_on"] == "2026-01-12"
    assert closed.json()["state"] == "closed"
    assert seen.json()["materials"][0]["name_zh"] == "建设和运行方案"
    assert (await event_types(registry.sessions))[-3:] == [
        "call.drafted",
        "call.published",
        "call.closed",
    ]


@pytest.mark.requirement("A115", "A047")
@pytest.mark.refusing
async def test_a_wrong_call_is_refused_with_all_its_faults(registry: RunningService) -> None:
    answer = await drafted(
        registry,
        field_codes=["steam"],
        open_until="2026-08-31",
        materials=[{"kind": "poem"}],
    )
    assert [error["code"] for error in answer.json()["errors"]] == [
        "FIELD_INACTIVE",
        "CODE_UNKNOWN",
        "DAYS_REVERSED",
    ]


@pytest.mark.requirement("A159", "A158")
async def test_the_rolling_call_is_there_and_stays_open(registry: RunningService) -> None:
    async with registry.client("handler") as handler:
        [call] = (await handler.get("/v1/registry/calls")).json()["items"]
        answer = await handler.post(f"/v1/registry/calls/{call['id']}/close")
    assert call["is_default"]
    assert "plan" in {material["kind"] for material in call["materials"] if material["required"]}
    assert (answer.status_code, answer.json()["code"]) == (409, "STATE_CONFLICT")


@pytest.mark.refusing
@pytest.mark.parametrize("capacity", ["member", "expert", "approver", "agency"])
async def test_only_handlers_keep_calls_and_fields(registry: RunningService, capacity: str) -> None:
    async with registry.client(capacity, org_id=new_id()) as caller:
        answer = await caller.post("/v1/registry/calls", json=CALL)
    assert answer.status_code == 403


@pytest.mark.requirement("X10")
async def test_anyone_can_count_working_days(registry: RunningService) -> None:
    async with registry.client() as anyone:
        answer = await anyone.get(
            "/v1/registry/working-days", params={"after": "2028-01-24", "working_days": 1}
        )
    assert answer.json() == {
        "after": "2028-01-24",
        "working_days": 1,
        "last_day": "2028-01-31",
        "provisional": True,
    }


@pytest.mark.requirement("A048")
async def test_a_field_of_a_new_planning_period_opens_on_its_day(registry: RunningService) -> None:
    field = {
        "code": "low_altitude_equipment", "name_zh": "低空装备",
        "name_en": "Low-altitude equipment",
        "plan_period": "十五五", "active_from": "2026-02-01",
    }  # fmt: skip
    async with registry.client("handler") as handler:
        made = await handler.post("/v1/registry/fields", json=field)
        assert (made.status_code, made.json()["plan_period"]) == (201, "十五五")
        before = (await handler.get("/v1/registry/fields?on=2026-01-31")).json()["items"]
        after = (await handler.get("/v1/registry/fields?on=2026-02-01")).json()["items"]
    assert {one["code"] for one in after} - {one["code"] for one in before} == {field["code"]}
    assert {one["plan_period"] for one in after} == {"十三五", "十五五"}


@pytest.mark.requirement("A048")
@pytest.mark.refusing
async def test_a_field_belongs_to_a_planning_period(registry: RunningService) -> None:
    field = {
        "code": "low_altitude_equipment", "name_zh": "低空装备",
        "name_en": "Low-altitude equipment",
        "active_from": "2026-02-01",
    }  # fmt: skip
    async with registry.client("handler") as handler:
        none = await handler.post("/v1/registry/fields", json=field)
        empty = await handler.post("/v1/registry/fields", json={**field, "plan_period": " "})
    assert [answer.status_code for answer in (none, empty)] == [422, 422]
    assert none.json()["errors"][0]["pointer"] == "/plan_period"

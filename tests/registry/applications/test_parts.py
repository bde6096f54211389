"""The parts of a draft: what comes back as it was sent, and what is not taken."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import insert, select

from registry.applications.rules import MOST_TECHNOLOGIES
from registry.applications.tables import CoreTechnology
from registry.memberships.rules import MOST_INVITED, MOST_OPEN, MembershipRole, State
from registry.memberships.tables import Membership
from shared.database import new_id
from tests.registry.applications.cases import PROFILE, TECHNOLOGY, Case, codes

pytestmark = pytest.mark.anyio

READ = {"If-Match": '"1"'}
EVIDENCE: dict[str, list[dict[str, Any]]] = {
    "past_projects": [{"name": "示例专项", "acceptance_result": "通过验收"}],
    "platforms": [{"name": "示例重点实验室", "level": "national"}],
    "equipment": [
        {"name": "电子显微镜", "original_value": {"amount": 380_000_000, "currency": "CNY"}}
    ],
    "senior_talents": [{"person_ref": "T-001", "title": "研究员"}],
    "integration_evidence": [{"text": "牵头组建产业联盟"}],
    "diffusion_evidence": [{"text": "向十二家企业转移工艺"}],
    "commercialization_evidence": [{"text": "三项成果实现销售"}],
}


@pytest.mark.requirement("A106", "A107", "A110")
async def test_entries_of_a_profile_stand_for_files(case: Case) -> None:
    await case.draft()
    await case.join("M02", "M03", "M08", "M20")
    await case.fill(materials=("plan", "commitment_letter", "articles_or_agreement"))
    missing = [error["params"]["missing"][0] for error in (await case.submit()).json()["errors"]]
    assert sorted(missing) == sorted(EVIDENCE)
    stated = await case.step(
        case.member("M01"), "PUT", "sponsor-profiles/2025", {**PROFILE, **EVIDENCE}, **READ
    )
    assert stated.json()["rd_spend"] == PROFILE["rd_spend"]
    assert stated.json()["equipment"][0]["original_value"]["amount"] == 380_000_000
    assert (await case.submit()).status_code == 200


@pytest.mark.requirement("A107")
@pytest.mark.refusing
async def test_a_project_without_its_acceptance_does_not_count(case: Case) -> None:
    await case.draft()
    await case.join("M02", "M03", "M08", "M20")
    await case.fill(materials=("plan", "commitment_letter", "articles_or_agreement"))
    unfinished = {**EVIDENCE, "past_projects": [{"name": "在研专项"}]}
    await case.step(
        case.member("M01"), "PUT", "sponsor-profiles/2025", {**PROFILE, **unfinished}, **READ
    )
    refused = await case.submit()
    assert [error["rule"] for error in refused.json()["errors"]] == ["A107"]


@pytest.mark.requirement("A106", "A104")
@pytest.mark.refusing
@pytest.mark.parametrize(
    "broken",
    [
        {"rd_assets": None},
        {"revenue": 1.5},
        {"rd_spend": {"amount": 12.345, "currency": "CNY"}},
        {"rd_spend": {"amount": -1, "currency": "CNY"}},
        {"net_assets": {"amount": 2**53, "currency": "CNY"}},
        {"profit": {"amount": 1, "currency": "CNY"}},
    ],
)
async def test_a_profile_has_all_its_figures_in_whole_fen(
    case: Case, broken: dict[str, Any]
) -> None:
    await case.draft()
    body = {name: value for name, value in {**PROFILE, **broken}.items() if value is not None}
    answer = await case.step(case.member("M01"), "PUT", "sponsor-profiles/2025", body, **READ)
    assert answer.status_code == 422


@pytest.mark.requirement("A113", "A115")
@pytest.mark.refusing
async def test_the_commitment_letter_is_asked_for_and_strange_kinds_are_not(case: Case) -> None:
    await case.draft()
    await case.join("M02", "M03", "M08", "M20")
    materials = ("plan", "articles_or_agreement")
    await case.fill(materials=materials)
    await case.step(
        case.member("M01"), "PUT", "sponsor-profiles/2025", {**PROFILE, **EVIDENCE}, **READ
    )
    refused = await case.submit()
    assert [error["params"]["missing"] for error in refused.json()["errors"]] == [
        ["commitment_letter"]
    ]
    file_id = await case.upload("M01")
    strange = await case.step(
        case.member("M01"), "PUT", "materials/holiday_photos", {"file_id": file_id}
    )
    assert (strange.status_code, codes(strange)) == (422, ["CODE_UNKNOWN"])
    others = await case.upload("M04")
    foreign = await case.step(
        case.member("M01"), "PUT", "materials/commitment_letter", {"file_id": others}
    )
    assert foreign.status_code == 404


@pytest.mark.requirement("A108")
async def test_a_core_technology_is_taken_out_again(case: Case) -> None:
    await case.draft()
    added = await case.step(case.member("M01"), "POST", "core-technologies", TECHNOLOGY)
    path = f"core-technologies/{added.json()['id']}"
    assert (await case.step(case.member("M01"), "DELETE", path)).status_code == 204
    detail = await case.call(case.member("M01"), "GET", case.path)
    assert detail.json()["core_technologies"] == []


@pytest.mark.requirement("A117", "X06")
@pytest.mark.refusing
async def test_null_clears_what_may_be_empty_and_is_refused_elsewhere(case: Case) -> None:
    await case.draft(common_problem="缺少共用平台")
    read = await case.call(case.member("M01"), "GET", case.path)
    tag = {"If-Match": read.headers["etag"]}
    refused = await case.call(
        case.member("M01"), "PATCH", case.path, {"name": None, "call_id": None}, **tag
    )
    assert (refused.status_code, codes(refused)) == (422, ["FIELD_MISSING", "FIELD_MISSING"])
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/call_id", "/name"]
    cleared = await case.call(
        case.member("M01"), "PATCH", case.path, {"common_problem": None, "name": "新名称"}, **tag
    )
    assert cleared.status_code == 200, cleared.text
    after = (await case.call(case.member("M01"), "GET", case.path)).json()
    assert (after["name"], after["common_problem"]) == ("新名称", None)


@pytest.mark.requirement("X06", "A104")
async def test_a_part_that_was_read_is_replaced(case: Case) -> None:
    await case.draft()
    lead = case.member
    stated = await case.step(lead("M01"), "PUT", "sponsor-profiles/2025", PROFILE)
    assert (stated.status_code, stated.headers["etag"]) == (200, '"1"')
    read = await case.step(lead("M01"), "GET", "sponsor-profiles/2025")
    tag = {"If-Match": read.headers["etag"]}
    again = await case.step(lead("M01"), "PUT", "sponsor-profiles/2025", PROFILE, **tag)
    assert (again.status_code, again.headers["etag"], again.json()["version"]) == (200, '"2"', 2)
    file_id = await case.upload("M01")
    filed = await case.step(lead("M01"), "PUT", "materials/plan", {"file_id": file_id})
    shown = await case.step(lead("M01"), "GET", "materials/plan")
    assert (filed.headers["etag"], shown.json()["version"]) == ('"1"', 1)
    tag = {"If-Match": shown.headers["etag"]}
    other = {"file_id": file_id}
    replaced = await case.step(lead("M01"), "PUT", "materials/plan", other, **tag)
    assert (replaced.status_code, replaced.json()["version"]) == (200, 2)


@pytest.mark.requirement("X06", "X04")
@pytest.mark.refusing
async def test_a_part_is_not_replaced_unread_nor_by_who_read_an_older_one(case: Case) -> None:
    await case.draft()
    file_id = await case.upload("M01")
    for part, body in (
        ("sponsor-profiles/2025", PROFILE),
        ("materials/plan", {"file_id": file_id}),
    ):
        assert (await case.step(case.member("M01"), "GET", part)).status_code == 404
        assert (await case.step(case.member("M01"), "PUT", part, body)).status_code == 200
        unread = await case.step(case.member("M01"), "PUT", part, body)
        assert (unread.status_code, unread.json()["code"]) == (428, "PRECONDITION_REQUIRED")
        tag = {"If-Match": '"1"'}
        assert (await case.step(case.member("M01"), "PUT", part, body, **tag)).status_code == 200
        stale = await case.step(case.member("M01"), "PUT", part, body, **tag)
        assert (stale.status_code, codes(stale)) == (412, ["VERSION_CONFLICT"])
        # What a stranger may not see has no version to ask for either.
        hidden = await case.step(case.member("M22"), "PUT", part, body)
        assert hidden.status_code == 404
        assert (await case.step(case.member("M22"), "GET", part)).status_code == 404


@pytest.mark.requirement("X06")
@pytest.mark.refusing
async def test_of_two_first_writings_at_once_one_is_kept(case: Case) -> None:
    await case.draft()
    answers = await asyncio.gather(
        *(case.step(case.member("M01"), "PUT", "sponsor-profiles/2025", PROFILE) for _ in range(2))
    )
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses[0] == 200
    assert statuses[1] in {412, 428}


@pytest.mark.requirement("A108")
@pytest.mark.refusing
async def test_a_draft_is_full_of_technologies_at_its_bound_even_for_two_at_once(
    case: Case,
) -> None:
    await case.draft()
    first = await case.step(case.member("M01"), "POST", "core-technologies", TECHNOLOGY)
    async with case.registry.sessions.begin() as session:
        row = (await session.scalars(select(CoreTechnology))).one().model_dump()
        more = [{**row, "id": new_id()} for _ in range(MOST_TECHNOLOGIES - 2)]
        await session.execute(insert(CoreTechnology), more)
    answers = await asyncio.gather(
        *(case.step(case.member("M01"), "POST", "core-technologies", TECHNOLOGY) for _ in range(2))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    full = await case.step(case.member("M01"), "POST", "core-technologies", TECHNOLOGY)
    assert (full.status_code, codes(full)) == (409, ["STATE_CONFLICT"])
    assert full.json()["errors"][0]["rule"] == "A108"
    gone = f"core-technologies/{first.json()['id']}"
    assert (await case.step(case.member("M01"), "DELETE", gone)).status_code == 204
    again = await case.step(case.member("M01"), "POST", "core-technologies", TECHNOLOGY)
    assert again.status_code == 201


@pytest.mark.requirement("A049")
@pytest.mark.refusing
async def test_an_application_floods_nobody_with_invitations(case: Case) -> None:
    await case.draft()
    asked = {"org_id": str(case.orgs["M02"]), "role": "member"}
    # As if it had been invited and let go again, over and over.
    async with case.registry.sessions.begin() as session:
        lead = (await session.scalars(select(Membership))).one().model_dump()
        ended = {
            **lead, "org_id": case.orgs["M03"], "role": MembershipRole.MEMBER,
            "state": State.WITHDRAWN,
        }  # fmt: skip
        rows = [{**ended, "id": new_id()} for _ in range(MOST_INVITED - 2)]
        await session.execute(insert(Membership), rows)
    invited = await case.step(case.member("M01"), "POST", "members", asked)
    assert invited.status_code == 201, invited.text
    asked["org_id"] = str(case.orgs["M08"])
    full = await case.step(case.member("M01"), "POST", "members", asked)
    assert (full.status_code, codes(full)) == (409, ["STATE_CONFLICT"])
    told = full.json()["errors"][0]["params"]
    assert (told["open"], told["invited"]) == (2, MOST_INVITED)


@pytest.mark.requirement("A049", "A108")
async def test_the_published_api_tells_the_bounds(case: Case) -> None:
    told = {
        operation["operationId"]: operation["description"]
        for path in case.registry.app.openapi()["paths"].values()
        for operation in path.values()
        if "description" in operation
    }
    assert f"up to {MOST_TECHNOLOGIES}" in told["registry_add_core_technology"]
    for invited in ("registry_invite_member", "registry_invite_center_member"):
        assert f"up to {MOST_OPEN} " in told[invited]
    assert f"up to {MOST_INVITED} " in told["registry_invite_member"]

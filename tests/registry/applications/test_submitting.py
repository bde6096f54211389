"""What a submission is refused for, all at once, and what it leaves behind (stories D1, D2, D4)."""

import hashlib
import json
from datetime import date

import pytest
from sqlmodel import select

from registry.applications.tables import ApplicationSnapshot
from registry.organizations.rules import LegalPersonKind
from tests.registry.applications.cases import MATERIALS, PLAN, PROFILE, Case, codes

pytestmark = pytest.mark.anyio


@pytest.mark.requirement("A049", "A108", "A116")
@pytest.mark.refusing
async def test_an_empty_draft_is_told_everything_that_it_lacks(case: Case) -> None:
    await case.draft()
    for name in ("M02", "M03", "M20"):
        assert (await case.invite(name)).json()["state"] == "invited"
    answer = await case.submit()
    failed = codes(answer)
    assert (answer.status_code, answer.json()["code"]) == (422, failed[0])
    assert failed.count("MEMBER_NOT_CONFIRMED") == 3
    assert {
        "CORE_TECH_MISSING", "RD_SERIES_INCOMPLETE", "MATERIAL_MISSING", "SPONSOR_STRENGTH_MISSING"
    } <= set(failed)  # fmt: skip
    for error in answer.json()["errors"]:
        assert error["rule"][0] in "AX"
        assert error["clause"]
        assert error["detail"]


@pytest.mark.requirement("A117", "A108")
async def test_what_a_draft_is_warned_of_its_submission_is_refused_for(case: Case) -> None:
    drafted = await case.draft()
    warned = [one["code"] for one in drafted.json()["warnings"]]
    refused = codes(await case.submit())
    assert set(refused) <= set(warned)
    assert {"CORE_TECH_MISSING", "MATERIAL_MISSING"} <= set(refused)
    assert all(one["pointer"] for one in drafted.json()["warnings"] if one["code"] in refused)
    await case.join("M02", "M03", "M08", "M20")
    await case.fill()
    read = await case.call(case.member("M01"), "GET", case.path)
    seen = {"If-Match": read.headers["etag"]}
    changed = await case.call(case.member("M01"), "PATCH", case.path, {"name": "更名"}, **seen)
    assert changed.status_code == 200, changed.text
    left = [one["code"] for one in changed.json()["warnings"]]
    submitted = await case.submit()
    assert submitted.status_code == 200
    assert left == [one["code"] for one in submitted.json()["warnings"]]


@pytest.mark.requirement("A049")
@pytest.mark.refusing
async def test_nobody_confirms_for_another_organization(case: Case) -> None:
    await case.draft()
    await case.invite("M02")
    for_another = await case.confirm("M02", by="M01")
    assert (for_another.status_code, codes(for_another)) == (403, ["FORBIDDEN_SCOPE"])
    assert (await case.confirm("M02", by="M04")).status_code == 404
    assert (await case.confirm("M02")).json()["state"] == "confirmed"
    again = await case.confirm("M02")
    assert (again.status_code, codes(again)) == (409, ["STATE_CONFLICT"])


@pytest.mark.requirement("A104")
@pytest.mark.refusing
async def test_two_of_three_years_are_an_incomplete_series(case: Case) -> None:
    await case.draft()
    await case.join("M02", "M03", "M08", "M20")
    await case.fill(years=(2024, 2025))
    refused = await case.submit()
    assert codes(refused) == ["RD_SERIES_INCOMPLETE"]
    assert refused.json()["errors"][0]["params"]["missing"] == [2023]
    await case.step(case.member("M01"), "PUT", "sponsor-profiles/2023", PROFILE)
    assert (await case.submit()).status_code == 200


@pytest.mark.requirement("A116", "A117")
@pytest.mark.refusing
async def test_a_material_missing_is_named_and_a_submission_is_not_edited(case: Case) -> None:
    await case.draft()
    await case.join("M02", "M03", "M08", "M20")
    materials = [kind for kind in await required(case) if kind != "plan"]
    evidence = ("past_projects", "platforms", "equipment", "senior_talents")
    lists = ("integration_evidence", "diffusion_evidence", "commercialization_evidence")
    await case.fill(materials=[*materials, *evidence, *lists])
    refused = await case.submit()
    assert codes(refused) == ["MATERIAL_MISSING"]
    assert refused.json()["errors"][0]["params"]["missing"] == ["plan"]
    file_id = await case.upload("M01")
    await case.step(case.member("M01"), "PUT", "materials/plan", {"file_id": file_id})
    assert (await case.submit()).status_code == 200
    edited = await case.step(case.member("M01"), "PUT", "materials/plan", {"file_id": file_id})
    assert (edited.status_code, codes(edited)) == (409, ["STATE_CONFLICT"])


async def required(case: Case) -> list[str]:
    answer = await case.call(case.registry.client("service"), "GET", "/v1/registry/calls")
    materials = answer.json()["items"][0]["materials"]
    return [material["kind"] for material in materials if material["required"]]


@pytest.mark.requirement("A117")
async def test_the_snapshot_is_the_submission_and_carries_its_hash(case: Case) -> None:
    await case.submitted()
    async with case.registry.sessions.reading() as session:
        snapshot = (await session.scalars(select(ApplicationSnapshot))).one()
        content = json.loads(snapshot.content)
        assert hashlib.sha256(snapshot.content.encode()).hexdigest() == snapshot.sha256
    assert content["center"]["name"] == "上海示例集成电路共性技术创新中心"
    assert len(content["members"]) == 5
    assert content["targets"][0]["metric_code"] == "B1"


@pytest.mark.requirement("A051")
@pytest.mark.refusing
async def test_an_old_entity_needs_an_exception_that_is_granted(case: Case) -> None:
    case.registry.set_clock("2026-05-20T02:00:00+00:00")
    old = await case.enter_entity("C05", "91310113FAKE00312W", date(2021, 4, 2))
    await case.draft(legal_entity_id=str(old))
    await case.join("M02", "M03", "M08", "M20")
    await case.fill()
    refused = await case.submit()
    assert codes(refused) == ["ENTITY_AGE_EXCEEDED"]
    params = refused.json()["errors"][0]["params"]
    assert (params["limit"], params["exception_allowed"]) == ("2023-05-20", True)

    asked = {"rule": "A051", "reason": "", "file_id": await case.upload("M01")}
    short = await case.step(case.member("M01"), "POST", "exceptions", asked)
    assert codes(short) == ["REASON_TOO_SHORT"]
    asked["reason"] = "自注册之日起专为本中心筹建，人员、场地与设备均为近三年内新增。" * 2
    assert (await case.step(case.member("M01"), "POST", "exceptions", asked)).status_code == 201

    submitted = await case.submit()
    assert submitted.status_code == 200, submitted.text
    assert "ENTITY_EXCEPTION_PENDING" in [w["code"] for w in submitted.json()["warnings"]]
    waiting = await case.accept()
    assert (waiting.status_code, codes(waiting)) == (409, ["ENTITY_EXCEPTION_PENDING"])

    detail = await case.call(case.official("auditor"), "GET", case.path)
    exception_id = detail.json()["exceptions"][0]["id"]
    granted = await case.step(
        case.official("reviewer"),
        "POST",
        f"exceptions/{exception_id}/decision",
        {"decision": "granted", "reason": "理由充分"},
    )
    assert granted.json()["state"] == "granted"
    assert (await case.accept()).status_code == 201


@pytest.mark.requirement("A051")
@pytest.mark.refusing
async def test_a_denied_exception_leaves_rejection_and_a_new_application(case: Case) -> None:
    case.registry.set_clock("2026-05-20T02:00:00+00:00")
    old = await case.enter_entity("C05", "91310113FAKE00312W", date(2021, 4, 2))
    await case.draft(legal_entity_id=str(old))
    await case.join("M02", "M03", "M08", "M20")
    await case.fill()
    asked = {"rule": "A051", "reason": "为本中心筹建。" * 10, "file_id": await case.upload("M01")}
    exception = await case.step(case.member("M01"), "POST", "exceptions", asked)
    assert (await case.submit()).status_code == 200
    await case.step(
        case.official("reviewer"),
        "POST",
        f"exceptions/{exception.json()['id']}/decision",
        {"decision": "denied", "reason": "理由不足"},
    )
    assert codes(await case.accept()) == ["ENTITY_AGE_EXCEEDED"]
    rejected = await case.step(
        case.official("approver"), "POST", "reject", {"reason": "不符合注册年限"}
    )
    assert rejected.json()["state"] == "rejected"
    first = case.application_id
    assert (await case.draft()).status_code == 201
    assert case.application_id != first


@pytest.mark.requirement("A105")
@pytest.mark.refusing
async def test_a_branch_and_a_distant_entity_are_refused(case: Case) -> None:
    branch = await case.enter_entity(
        "branch", "91310115671143758E", date(2025, 1, 1),
        legal_person_kind=LegalPersonKind.BRANCH,
    )  # fmt: skip
    distant = await case.enter_entity(
        "distant", "91330100FAKE002161", date(2025, 1, 1), region_code="330100"
    )
    await case.draft(legal_entity_id=str(branch))
    assert "LEGAL_PERSON_REQUIRED" in codes(await case.submit())
    await case.draft(legal_entity_id=str(distant))
    failed = codes(await case.submit())
    assert "ENTITY_NOT_LOCAL" in failed
    assert "LEGAL_PERSON_REQUIRED" not in failed


@pytest.mark.requirement("A057")
@pytest.mark.refusing
async def test_a_testing_body_does_not_lead_a_platform(case: Case) -> None:
    answer = await case.draft("M18", model_type="platform")
    assert (answer.status_code, codes(answer)) == (422, ["MODEL_SPONSOR_MISMATCH"])


@pytest.mark.requirement("A069")
@pytest.mark.refusing
async def test_a_platform_is_told_that_testing_is_missing(case: Case) -> None:
    await case.draft("M17", model_type="platform", field_codes=["intelligent_manufacturing"])
    await case.join("M19", lead="M17")
    await case.fill("M17")
    refused = await case.submit("M17")
    assert codes(refused) == ["MODEL_COMPOSITION"]
    assert refused.json()["errors"][0]["params"]["missing"] == ["third_party_testing"]
    await case.join("M18", "M22", lead="M17")
    assert (await case.submit("M17")).status_code == 200


@pytest.mark.requirement("A047")
@pytest.mark.refusing
async def test_a_field_that_is_not_in_the_catalogue_is_refused(case: Case) -> None:
    answer = await case.draft(field_codes=["steam_engines"])
    assert (answer.status_code, codes(answer)) == (422, ["FIELD_INACTIVE"])


@pytest.mark.requirement("A052")
@pytest.mark.refusing
async def test_a_consortium_states_the_problem_of_its_industry(case: Case) -> None:
    asked = {"model_type": "institute", "applicant_form": "consortium", "legal_entity_id": None}
    refused = await case.draft("M03", **asked)
    assert (refused.status_code, codes(refused)) == (422, ["COMMON_PROBLEM_MISSING"])
    drafted = await case.draft(
        "M03", **asked, common_problem="量子传感器件一致性差", entity_due_on="2027-06-30"
    )
    assert drafted.json()["trustee_org_id"] == str(case.orgs["M03"])


@pytest.mark.requirement("X17")
@pytest.mark.refusing
async def test_a_dishonest_organization_is_not_invited(case: Case) -> None:
    barred = await case.enter_entity(
        "barred", "91310151FAKE002592", date(2015, 1, 1), dishonesty_until=date(2027, 1, 1)
    )
    await case.draft()
    answer = await case.step(
        case.member("M01"), "POST", "members", {"org_id": str(barred), "role": "member"}
    )
    assert (answer.status_code, codes(answer)) == (422, ["DISHONEST_ORG"])


@pytest.mark.requirement("A160", "X04")
@pytest.mark.refusing
async def test_a_draft_of_others_does_not_exist(case: Case) -> None:
    await case.draft()
    await case.invite("M02")
    seen = {
        "M01": case.member("M01"), "M02": case.member("M02"), "M04": case.member("M04"),
        "handler": case.official("handler"), "service": case.registry.client("service"),
    }  # fmt: skip
    statuses = {
        name: (await case.call(caller, "GET", case.path)).status_code
        for name, caller in seen.items()
    }
    assert statuses == {"M01": 200, "M02": 200, "M04": 404, "handler": 404, "service": 200}
    assert (await case.submit("M02")).status_code == 403
    assert (await case.submit("M04")).status_code == 404
    stranger = await case.call(case.member("M04"), "GET", "/v1/registry/applications?limit=500")
    assert stranger.json()["items"] == []
    led_by_another = await case.call(
        case.member("M04"),
        "POST",
        "/v1/registry/applications",
        {
            "name": "x", "model_type": "enterprise", "field_codes": ["integrated_circuit"],
            "lead_sponsor_id": str(case.orgs["M01"]),
        },
    )  # fmt: skip
    assert (led_by_another.status_code, codes(led_by_another)) == (403, ["FORBIDDEN_SCOPE"])


@pytest.mark.requirement("X06")
@pytest.mark.refusing
async def test_a_stale_draft_and_a_stale_plan_are_not_overwritten(case: Case) -> None:
    await case.draft()
    name = {"name": "新名称"}
    missing = await case.call(case.member("M01"), "PATCH", case.path, name)
    assert missing.status_code == 428
    stale = await case.call(case.member("M01"), "PATCH", case.path, name, **{"If-Match": '"7"'})
    assert (stale.status_code, codes(stale)) == (412, ["VERSION_CONFLICT"])
    kept = await case.call(case.member("M01"), "PATCH", case.path, name, **{"If-Match": '"1"'})
    assert (kept.json()["name"], kept.headers["ETag"]) == ("新名称", '"2"')

    first = await case.step(case.member("M01"), "PUT", "plan", PLAN)
    assert (await case.step(case.member("M01"), "PUT", "plan", PLAN)).status_code == 428
    tag = first.headers["ETag"]
    again = {"If-Match": tag}
    assert (await case.step(case.member("M01"), "PUT", "plan", PLAN, **again)).status_code == 200
    assert (await case.step(case.member("M01"), "PUT", "plan", PLAN, **again)).status_code == 412


@pytest.mark.requirement("A083")
@pytest.mark.refusing
async def test_a_plan_without_its_funding_part_is_refused(case: Case) -> None:
    await case.draft()
    await case.join("M02", "M03", "M08", "M20")
    await case.fill(plan={**PLAN, "parts": [1, 2, 4, 5]})
    refused = await case.submit()
    assert (refused.status_code, codes(refused)) == (409, ["PLAN_PART_MISSING"])
    assert refused.json()["errors"][0]["params"]["missing"] == [3]


@pytest.mark.requirement("A158", "A159")
async def test_two_applications_of_one_field_on_one_day_go_their_own_ways(case: Case) -> None:
    case.registry.set_clock("2026-10-03T02:00:00+00:00")  # A holiday, and a Saturday.
    await case.submitted()
    first = case.application_id
    case.memberships.clear()
    # Another centre has another legal person.
    await case.enter_entity("C01", "91310117FAKE00339E", date(2025, 7, 15))
    await case.submitted()
    assert case.application_id != first
    assert await case.state() == "submitted"


@pytest.mark.requirement("A021")
async def test_a_centre_that_joins_makers_researchers_and_users_has_its_coverage(
    case: Case,
) -> None:
    await case.draft()
    await case.join("M02", "M03", "M08", "M20")
    checks = {
        check["code"]: check for check in (await case.readiness(case.member("M01")))["checks"]
    }
    assert checks["COVERAGE_MISSING"]["passed"] is True


@pytest.mark.requirement("A021")
@pytest.mark.refusing
async def test_a_centre_without_researchers_and_users_is_told_what_is_missing(case: Case) -> None:
    await case.draft()
    await case.join("M02")
    body = await case.readiness(case.member("M01"))
    [flag] = [check for check in body["checks"] if check["code"] == "COVERAGE_MISSING"]
    assert (flag["passed"], flag["severity"], flag["rule"]) == (False, "warning", "A021")
    assert flag["params"]["missing"] == ["research", "user"]
    assert flag["pointer"] == "/members"


@pytest.mark.requirement("A113")
async def test_with_the_signed_letter_of_commitment_nothing_more_is_asked(case: Case) -> None:
    await case.submitted()
    assert await case.state() == "submitted"


@pytest.mark.requirement("A113")
@pytest.mark.refusing
async def test_without_the_letter_of_commitment_nothing_goes_in(case: Case) -> None:
    await case.draft()
    await case.join("M02", "M03", "M08", "M20")
    await case.fill(materials=[kind for kind in MATERIALS if kind != "commitment_letter"])
    refused = await case.submit()
    [error] = refused.json()["errors"]
    assert (refused.status_code, error["code"], error["rule"]) == (422, "MATERIAL_MISSING", "A113")
    assert error["pointer"] == "/materials/commitment_letter"

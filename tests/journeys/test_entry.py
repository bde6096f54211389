"""Stories of entry: what an application lacks is named, all of it, with rule and clause."""

from datetime import date
from typing import Any

import pytest

from tests.fixtures.stack import World


def codes(problem: dict[str, Any]) -> set[str]:
    return {entry["code"] for entry in problem["errors"]}


def years_before(day: str, years: int) -> date:
    today = date.fromisoformat(day)
    last = 28 if (today.month, today.day) == (2, 29) else today.day
    return date(today.year - years, today.month, last)


@pytest.mark.refusing
@pytest.mark.requirement("A117", "A049", "A104")
def test_an_empty_draft_is_refused_with_everything_that_it_lacks(world: World) -> None:
    draft = world.draft()
    for name in ("m02", "m03", "m20"):
        draft.invite(str(world.caller(name).org_id))
    problem = draft.lead.refused("POST", f"{draft.path}/submit", version=draft.read()["version"])
    assert problem["status"] == 422
    assert {
        "MEMBER_NOT_CONFIRMED", "RD_SERIES_INCOMPLETE", "CORE_TECH_MISSING", "MATERIAL_MISSING",
    } <= codes(problem)  # fmt: skip
    assert all(entry["rule"] and entry["clause"] for entry in problem["errors"])
    assert draft.read()["state"] == "draft"


@pytest.mark.refusing
@pytest.mark.requirement("A049")
def test_the_lead_cannot_confirm_for_the_invited(world: World) -> None:
    draft = world.draft()
    membership = draft.invite(str(world.caller("m02").org_id))
    path = f"/v1/registry/memberships/{membership['id']}/confirm"
    problem = draft.lead.refused("POST", path)
    assert (problem["status"], problem["code"]) == (403, "FORBIDDEN_SCOPE")
    assert world.caller("m02").post(path)["state"] == "confirmed"


@pytest.mark.requirement("A159", "A158", "A047")
def test_two_applications_in_one_field_go_their_own_ways_on_any_day(world: World) -> None:
    first = world.complete(world.draft())
    second = world.complete(world.draft())
    assert first.submit()["receipt_no"] != second.submit()["receipt_no"]
    assert first.read()["state"] == second.read()["state"] == "submitted"


@pytest.mark.refusing
@pytest.mark.requirement("A117")
def test_a_submitted_application_is_not_edited(world: World) -> None:
    draft = world.complete(world.draft())
    draft.submit()
    problem = draft.lead.refused(
        "PUT",
        f"{draft.path}/materials/plan",
        {"file_id": draft.read()["materials"][0]["file_id"]},
        version=draft.body["version"],
    )
    assert (problem["status"], problem["code"]) == (409, "STATE_CONFLICT")


@pytest.mark.refusing
@pytest.mark.requirement("A051")
def test_a_legal_person_older_than_three_years_needs_an_exception(world: World) -> None:
    limit = years_before(world.today(), 3)
    old = world.entity(registered_on=str(limit.replace(day=1)) if limit.day > 1 else "2019-01-01")
    draft = world.complete(world.draft(entity=old))
    problem = draft.lead.refused("POST", f"{draft.path}/submit", version=draft.read()["version"])
    aged = next(e for e in problem["errors"] if e["code"] == "ENTITY_AGE_EXCEEDED")
    assert aged["rule"] == "A051"
    assert aged["params"]["limit"] == str(limit)
    short = draft.lead.refused(
        "POST", f"{draft.path}/exceptions", {"rule": "A051", "reason": "", "file_id": None}
    )
    assert short["status"] == 422
    file_id = draft.read()["materials"][0]["file_id"]
    draft.lead.post(
        f"{draft.path}/exceptions",
        {"rule": "A051", "reason": "本中心承接既有平台并重组股权，" * 5, "file_id": file_id},
    )
    draft.submit()
    pending = world.caller("handler").refused(
        "POST", f"{draft.path}/formal-checks", {"result": "accept", "items": []}
    )
    assert "ENTITY_EXCEPTION_PENDING" in codes(pending)


@pytest.mark.requirement("A051")
def test_a_legal_person_registered_three_years_ago_to_the_day_is_young_enough(
    world: World,
) -> None:
    entity = world.entity(registered_on=str(years_before(world.today(), 3)))
    draft = world.complete(world.draft(entity=entity))
    assert draft.submit()["receipt_no"]


@pytest.mark.refusing
@pytest.mark.requirement("A051", "A105")
@pytest.mark.parametrize(
    ("over", "code"),
    [
        ({"legal_person_kind": "branch"}, "LEGAL_PERSON_REQUIRED"),
        ({"region_code": "330100"}, "ENTITY_NOT_LOCAL"),
    ],
)
def test_a_branch_or_a_stranger_is_no_entity_of_a_centre(
    over: dict[str, str], code: str, world: World
) -> None:
    draft = world.complete(world.draft(entity=world.entity(**over)))
    problem = draft.lead.refused("POST", f"{draft.path}/submit", version=draft.read()["version"])
    assert code in codes(problem)


@pytest.mark.refusing
@pytest.mark.requirement("A160", "A051")
@pytest.mark.parametrize(
    ("uscc", "code"),
    [
        ("12100000425006117D", "USCC_CHECK_DIGIT"),
        ("91350100M000100Y4Z", "USCC_FORMAT"),
        ("9144030071526726X", "USCC_FORMAT"),
    ],
)
def test_a_wrong_uscc_is_refused(uscc: str, code: str, world: World) -> None:
    body = {
        "uscc": uscc, "name": "上海示例有限公司", "org_type": "enterprise",
        "legal_person_kind": "independent", "region_code": "310115", "registered_on": "2025-01-02",
    }  # fmt: skip
    problem = world.caller("m01").refused("POST", "/v1/registry/organizations", body)
    assert (problem["status"], problem["code"]) == (422, code)
    assert problem["errors"][0]["rule"] == "A051"


@pytest.mark.refusing
@pytest.mark.requirement("A057")
def test_a_testing_body_does_not_lead_a_platform(world: World) -> None:
    problem = world.caller("m18").refused(
        "POST",
        "/v1/registry/applications",
        {
            "name": "上海示例检测中心",
            "model_type": "platform",
            "field_codes": ["intelligent_manufacturing"],
            "applicant_form": "legal_entity",
            "lead_sponsor_id": str(world.caller("m18").org_id),
        },
    )
    assert (problem["status"], problem["code"]) == (422, "MODEL_SPONSOR_MISMATCH")


@pytest.mark.refusing
@pytest.mark.requirement("X04")
def test_another_organizations_draft_does_not_exist(world: World) -> None:
    draft = world.draft()
    for stranger in ("m05", "handler", "c02", "c03"):
        problem = world.caller(stranger).refused("GET", draft.path)
        assert (problem["status"], problem["code"]) == (404, "NOT_FOUND"), stranger

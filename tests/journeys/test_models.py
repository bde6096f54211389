"""The three ways to found a centre, and the consortium: who must be in it, and who is refused."""

from typing import Any

import pytest

from tests.fixtures.stack import World
from zhichuang.demo.applying import Draft, material_file


def founded(world: World, lead: str, model: str, members: tuple[str, ...], **over: Any) -> Draft:
    """Draft and fill an application of `lead` with confirmed members."""
    caller = world.caller(lead)
    body = {
        "name": f"上海示例创新中心 {world.number()}",
        "model_type": model,
        "field_codes": ["new_materials"],
        "applicant_form": "legal_entity",
        "lead_sponsor_id": str(caller.org_id),
        **over,
    }
    if body["applicant_form"] == "legal_entity":
        body["legal_entity_id"] = world.entity()["id"]
    draft = Draft(caller, caller.post("/v1/registry/applications", body))
    for name in members:
        membership = draft.invite(str(world.caller(name).org_id))
        world.caller(name).post(f"/v1/registry/memberships/{membership['id']}/confirm")
    if body["applicant_form"] == "legal_entity":
        world.agree(draft)
    draft.fill(material_file(caller, "建设和运行方案"), int(world.today()[:4]))
    return draft


def refused(draft: Draft) -> dict[str, Any]:
    return draft.lead.refused("POST", f"{draft.path}/submit", version=draft.read()["version"])


@pytest.mark.requirement("A057", "A058", "A003")
def test_two_leading_companies_found_an_enterprise_centre(world: World) -> None:
    draft = founded(world, "m01", "enterprise", ("m02", "m03", "m08"))
    assert draft.submit()["receipt_no"]


@pytest.mark.requirement("A057", "A064", "A065")
def test_a_university_with_a_backbone_and_a_small_company_founds_an_institute_centre(
    world: World,
) -> None:
    draft = founded(world, "m10", "institute", ("m13", "m18", "m08"))
    assert draft.submit()["receipt_no"]


@pytest.mark.requirement("A057", "A069")
def test_a_park_developer_with_a_company_and_a_testing_body_founds_a_platform(
    world: World,
) -> None:
    draft = founded(world, "m17", "platform", ("m18", "m22", "m24"))
    assert draft.submit()["receipt_no"]


@pytest.mark.requirement("A111", "A112", "A114")
def test_platforms_equipment_and_people_are_kept_as_they_were_stated(world: World) -> None:
    draft = founded(world, "m01", "enterprise", ("m02", "m03"))
    profile = draft.read()["sponsor_profiles"][0]
    assert profile["platforms"][0]["level"] == "municipal"
    assert profile["equipment"][0]["original_value"]["amount"] == 3_600_000_000
    assert profile["senior_talents"][0]["title"] == "正高级工程师"
    draft.submit()


@pytest.mark.requirement("A052", "A116")
def test_a_consortium_that_names_its_common_problem_is_submitted_without_an_entity(
    world: World,
) -> None:
    draft = founded(
        world, "m03", "institute", ("m23", "m22", "m21"), applicant_form="consortium",
        common_problem="量子传感器件的计量溯源缺少共用平台", entity_due_on="2029-06-30",
    )  # fmt: skip
    assert draft.submit()["receipt_no"]
    assert draft.read()["legal_entity_id"] is None


@pytest.mark.refusing
@pytest.mark.requirement("A065", "A069", "A058")
@pytest.mark.parametrize(
    ("lead", "model", "members", "missing"),
    [
        ("m10", "institute", ("m13", "m08"), "sme_member"),
        ("m17", "platform", ("m22", "m24"), "third_party_testing"),
        ("m01", "enterprise", ("m03", "m06"), "leading_enterprise"),
    ],
)
def test_a_centre_that_lacks_somebody_is_told_whom(
    lead: str, model: str, members: tuple[str, ...], missing: str, world: World
) -> None:
    problem = refused(founded(world, lead, model, members))
    told = next(entry for entry in problem["errors"] if entry["code"] == "MODEL_COMPOSITION")
    assert missing in told["params"]["missing"]


@pytest.mark.refusing
@pytest.mark.requirement("A158")
def test_a_refused_application_holds_no_other_back(world: World) -> None:
    held = founded(world, "m01", "enterprise", ("m03", "m06"))
    assert refused(held)["status"] == 422
    assert founded(world, "m01", "enterprise", ("m02", "m03")).submit()["receipt_no"]

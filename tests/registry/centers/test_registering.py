"""A consortium is listed first and registers its legal person later (story D3)."""

from datetime import date

import pytest

from tests.registry.applications.cases import PROFILE, Case, codes

pytestmark = pytest.mark.anyio


async def listed_consortium(case: Case, due_on: str | None = "2027-06-30") -> None:
    drafted = await case.draft(
        "M03", model_type="institute", field_codes=["new_materials"], legal_entity_id=None,
        applicant_form="consortium", common_problem="量子传感器件一致性差", entity_due_on=due_on,
    )  # fmt: skip
    assert drafted.status_code == 201, drafted.text
    await case.join("M09", "M22", lead="M03")
    await case.fill("M03")
    discipline = {**PROFILE, "discipline_evidence": [{"text": "国家重点学科"}]}
    await case.step(
        case.member("M03"), "PUT", "sponsor-profiles/2025", discipline, **{"If-Match": '"1"'}
    )
    submitted = await case.submit("M03")
    assert submitted.status_code == 200, submitted.text
    assert (await case.accept()).status_code == 201
    case.agreement()
    case.evaluated()


@pytest.mark.requirement("A053")
@pytest.mark.refusing
async def test_a_consortium_without_a_milestone_is_not_recommended(case: Case) -> None:
    await listed_consortium(case, due_on=None)
    assert codes(await case.recommend()) == ["CONSORTIUM_NOT_REGISTERED"]


@pytest.mark.requirement("A052", "A053")
@pytest.mark.refusing
async def test_a_consortium_attaches_its_entity_and_stays_the_same_centre(case: Case) -> None:
    await listed_consortium(case)
    assert (await case.recommend()).status_code == 201
    case.registry.set_clock("2026-03-02T02:00:00+00:00")
    await case.notice()
    case.registry.set_clock("2026-03-10T02:00:00+00:00")
    assert (await case.approve()).json()["center_code"] == "C01"
    center = f"/v1/registry/centers/{case.center_id}"
    pilot = {"to": "pilot", "reason": "转入试点"}
    early = await case.call(case.member("M03"), "POST", f"{center}/stage-changes", pilot)
    assert early.json()["code"] == "CONSORTIUM_NOT_REGISTERED"

    case.registry.set_clock("2027-05-08T02:00:00+00:00")
    path = f"{center}/entity"
    wrong = await case.call(case.member("M03"), "POST", path, {"uscc": "91310115FAKE00369F"})
    assert (wrong.status_code, codes(wrong)) == (422, ["USCC_CHECK_DIGIT"])
    old = await case.enter_entity("old", "91310113FAKE00312W", date(2021, 4, 2))
    assert old
    aged = await case.call(case.member("M03"), "POST", path, {"uscc": "91310113FAKE00312W"})
    assert codes(aged) == ["ENTITY_AGE_EXCEEDED", "ENTITY_CONSENT_MISSING"]
    entity = await case.enter_entity("C08", "91310115FAKE003632", date(2027, 4, 30))
    for_another = await case.call(case.member("M09"), "POST", path, {"uscc": "91310115FAKE003632"})
    assert codes(for_another) == ["FORBIDDEN_SCOPE"]
    unasked = await case.call(case.member("M03"), "POST", path, {"uscc": "91310115FAKE003632"})
    assert (unasked.status_code, codes(unasked)) == (409, ["ENTITY_CONSENT_MISSING"])
    assert (await case.agree("C08")).status_code == 201
    attached = await case.call(case.member("M03"), "POST", path, {"uscc": "91310115fake003632"})
    assert attached.status_code == 200, attached.text
    body = attached.json()
    assert (body["id"], body["code"]) == (case.center_id, "C01")
    assert (body["legal_entity_id"], body["entity_met_on"]) == (str(entity), "2027-05-08")
    again = await case.call(case.member("M03"), "POST", path, {"uscc": "91310115FAKE003632"})
    assert codes(again) == ["STATE_CONFLICT"]


@pytest.mark.requirement("A053", "A105")
@pytest.mark.refusing
async def test_a_consortium_attaches_no_legal_person_of_another_centre(case: Case) -> None:
    await case.listed()
    await listed_consortium(case)
    path = f"/v1/registry/centers/{case.center_id}/entity"
    taken = await case.call(case.member("M03"), "POST", path, {"uscc": "91310115FAKE00275K"})
    assert (taken.status_code, codes(taken)) == (409, ["ENTITY_TAKEN", "ENTITY_CONSENT_MISSING"])

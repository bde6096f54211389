"""A legal person carries a centre by its own word (A160)."""

import asyncio
from datetime import date
from typing import Any

import pytest

from tests.registry.applications.cases import MATERIALS, Case, codes

pytestmark = pytest.mark.anyio


async def drafted(case: Case, **over: Any) -> str:
    answer = await case.draft(**over)
    assert answer.status_code == 201, answer.text
    return f"/v1/registry/centers/{case.center_id}/entity-consents"


@pytest.mark.requirement("A160")
@pytest.mark.refusing
async def test_nobody_is_made_a_centres_legal_person_in_silence(case: Case) -> None:
    path = await drafted(case)
    await case.join("M02", "M03", "M08", "M20")
    await case.fill(consent=False)
    refused = await case.submit()
    assert (refused.status_code, codes(refused)) == (409, ["ENTITY_CONSENT_MISSING"])
    assert refused.json()["errors"][0]["pointer"] == "/legal_entity_id"
    missing = [c["code"] for c in (await case.readiness(case.member("M01")))["checks"]
               if not c["passed"] and c["severity"] == "error"]  # fmt: skip
    assert missing == ["ENTITY_CONSENT_MISSING"]
    for name, status in (("M01", 403), ("M02", 403), ("M09", 404)):
        answer = await case.call(case.member(name), "POST", path)
        assert answer.status_code == status, name
    assert (await case.agree()).status_code == 201
    assert (await case.submit()).status_code == 200


@pytest.mark.requirement("A160")
async def test_a_legal_person_finds_what_it_is_asked_and_answers_once(case: Case) -> None:
    path = await drafted(case)
    tasks = "/v1/registry/tasks"
    asked = (await case.call(case.member("C01"), "GET", tasks)).json()["items"]
    assert [(one["kind"], one["center_id"]) for one in asked] == [
        ("entity.consent", case.center_id)
    ]
    given = await case.agree()
    assert given.status_code == 201
    assert given.json()["org_id"] == str(case.orgs["C01"])
    assert (await case.call(case.member("C01"), "GET", tasks)).json()["items"] == []
    again = await case.agree()
    assert (again.status_code, codes(again)) == (409, ["STATE_CONFLICT"])
    shown = await case.call(case.member("M01"), "GET", path)
    assert [one["id"] for one in shown.json()["items"]] == [given.json()["id"]]


@pytest.mark.requirement("A160")
@pytest.mark.refusing
async def test_a_word_goes_back_before_the_submission_and_not_after(case: Case) -> None:
    path = await drafted(case)
    first = (await case.agree()).json()["id"]
    stranger = await case.call(case.member("M01"), "POST", f"{path}/{first}/withdraw")
    assert (stranger.status_code, codes(stranger)) == (403, ["FORBIDDEN_SCOPE"])
    back = await case.call(case.member("C01"), "POST", f"{path}/{first}/withdraw")
    assert back.status_code == 200
    assert back.json()["withdrawn_at"] is not None
    twice = await case.call(case.member("C01"), "POST", f"{path}/{first}/withdraw")
    assert (twice.status_code, codes(twice)) == (409, ["STATE_CONFLICT"])
    second = (await case.agree()).json()["id"]
    await case.join("M02", "M03", "M08", "M20")
    await case.fill()
    assert (await case.submit()).status_code == 200
    late = await case.call(case.member("C01"), "POST", f"{path}/{second}/withdraw")
    assert (late.status_code, codes(late)) == (409, ["STATE_CONFLICT"])


@pytest.mark.requirement("A160")
@pytest.mark.refusing
async def test_a_word_for_one_legal_person_speaks_for_no_other(case: Case) -> None:
    await drafted(case)
    await case.join("M02", "M03", "M08", "M20")
    await case.fill()
    other = await case.enter_entity("C02", "91310115FAKE003632", date(2025, 4, 30))
    version = (await case.call(case.member("M01"), "GET", case.path)).headers["etag"]
    named = await case.call(
        case.member("M01"), "PATCH", case.path, {"legal_entity_id": str(other)},
        **{"If-Match": version},
    )  # fmt: skip
    assert named.status_code == 200, named.text
    assert codes(await case.submit()) == ["ENTITY_CONSENT_MISSING"]
    assert (await case.agree("C01")).status_code in {403, 404}
    assert (await case.agree("C02")).status_code == 201
    assert (await case.submit()).status_code == 200


@pytest.mark.requirement("A160")
async def test_of_two_words_at_once_one_is_kept(case: Case) -> None:
    await drafted(case)
    answers = await asyncio.gather(*(case.agree() for _ in range(4)))
    assert sorted(one.status_code for one in answers) == [201, 409, 409, 409]


@pytest.mark.requirement("A160")
@pytest.mark.refusing
async def test_submission_and_withdrawal_at_once_leave_no_case_without_a_legal_person(
    case: Case,
) -> None:
    path = await drafted(case)
    await case.join("M02", "M03", "M08", "M20")
    await case.fill(materials=MATERIALS)
    consent = (await case.call(case.member("C01"), "GET", path)).json()["items"][0]["id"]
    submitted, withdrawn = await asyncio.gather(
        case.submit(), case.call(case.member("C01"), "POST", f"{path}/{consent}/withdraw")
    )
    assert sorted((submitted.status_code, withdrawn.status_code)) == [200, 409]

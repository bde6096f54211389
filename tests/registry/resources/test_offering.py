"""Services by the catalogue: offered per centre, searched by anyone, hidden without their paper."""

from typing import Any

import pytest

from registry.resources.rules import ServiceCode
from shared.database import new_id
from tests.registry.facts.conftest import House

OFFERINGS = "/v1/registry/offerings"
CNAS = {
    "kind": "cnas", "name": "CNAS 实验室认可证书", "number": "CNAS L00000", "scope": "可靠性试验",
    "valid_from": "2022-03-01", "valid_to": "2027-06-30",
}  # fmt: skip

pytestmark = pytest.mark.anyio


async def offered(house: House, org: Any = None, **over: Any) -> Any:
    body = {
        "center_id": str(house.center_id), "code": "inspection_testing",
        "title": "晶圆级可靠性试验", "price_note": "面议", **over,
    }  # fmt: skip
    async with house.caller(org or house.member) as caller:
        return await caller.post(OFFERINGS, json=body)


async def qualified(house: House, org: Any) -> str:
    async with house.caller(org) as caller:
        made = await caller.post(f"/v1/registry/organizations/{org}/qualifications", json=CNAS)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def public(house: House, **asked: str) -> list[str]:
    async with house.registry.client() as anyone:
        answer = await anyone.get("/v1/public/services", params=asked)
    assert answer.status_code == 200, answer.text
    return [one["title"] for one in answer.json()["items"]]


@pytest.mark.requirement("A040", "A091")
@pytest.mark.parametrize("code", list(ServiceCode))
async def test_a_centre_offers_each_of_the_eleven_services_to_anyone(
    house: House, code: ServiceCode
) -> None:
    made = await offered(house, code=code.value, title=f"服务 {code.value}")
    assert (made.status_code, made.json()["shown"]) == (201, True), made.text
    assert await public(house, code=code.value) == [f"服务 {code.value}"]
    assert await public(house, text="服务", center="C01") == [f"服务 {code.value}"]
    async with house.registry.client("expert") as expert:
        table = (await expert.get("/v1/registry/code-tables/service-catalog")).json()
    assert code.value in str(table)
    assert len(ServiceCode) == 11


@pytest.mark.requirement("A040", "A091")
@pytest.mark.refusing
async def test_what_is_not_in_the_catalogue_or_not_ones_own_is_refused(house: House) -> None:
    answers = [
        await offered(house, code="fortune_telling"),
        await offered(house, house.stranger),
        await offered(house, house.lead, org_id=str(house.stranger)),
        await offered(house, center_id=str(house.other_center_id)),
    ]
    assert [(one.status_code, one.json()["code"]) for one in answers] == [
        (422, "FIELD_INVALID"), (404, "NOT_FOUND"), (422, "OWNER_NOT_IN_CENTER"),
        (404, "NOT_FOUND"),
    ]  # fmt: skip
    assert await public(house) == []


@pytest.mark.requirement("A070")
async def test_an_offering_is_shown_to_the_last_day_of_its_certificate(house: House) -> None:
    paper = await qualified(house, house.member)
    made = await offered(house, qualification_id=paper)
    assert (made.status_code, made.json()["warnings"]) == (201, [])
    house.registry.set_clock("2027-06-30T15:59:00+00:00")
    assert await public(house) == ["晶圆级可靠性试验"]
    house.registry.set_clock("2027-06-30T16:00:00+00:00")
    assert await public(house) == []
    async with house.caller(house.lead) as lead:
        [own] = (await lead.get(OFFERINGS)).json()["items"]
    async with house.caller(house.stranger) as stranger:
        others = (await stranger.get(OFFERINGS)).json()["items"]
        hidden = await stranger.get(f"{OFFERINGS}/{own['id']}")
    assert (own["shown"], others, hidden.status_code) == (False, [], 404)
    renewed = {**CNAS, "valid_from": "2027-07-01", "valid_to": "2033-06-30", "supersedes_id": paper}
    async with house.caller(house.member) as member:
        again = await member.post(
            f"/v1/registry/organizations/{house.member}/qualifications", json=renewed
        )
        changed = await member.patch(
            f"{OFFERINGS}/{own['id']}",
            json={"qualification_id": again.json()["id"]},
            headers={"If-Match": '"1"'},
        )
    assert (changed.status_code, changed.json()["shown"]) == (200, True)
    assert await public(house) == ["晶圆级可靠性试验"]


@pytest.mark.requirement("A070")
@pytest.mark.refusing
async def test_an_offering_rests_on_its_providers_own_certificate(house: House) -> None:
    foreign = await qualified(house, house.stranger)
    anothers = await offered(house, qualification_id=foreign)
    unknown = await offered(house, qualification_id=str(new_id()))
    bare = await offered(house)
    house.registry.set_clock("2027-07-01T02:00:00+00:00")
    own = await qualified(house, house.member)
    expired = await offered(house, qualification_id=own, title="过期")
    assert [(one.status_code, one.json()["code"]) for one in (anothers, unknown)] == [
        (422, "QUALIFICATION_UNKNOWN")
    ] * 2
    assert [one["code"] for one in bare.json()["warnings"]] == ["QUALIFICATION_MISSING"]
    assert [one["code"] for one in expired.json()["warnings"]] == ["QUALIFICATION_EXPIRED"]
    assert expired.json()["shown"] is False
    assert await public(house) == ["晶圆级可靠性试验"]


@pytest.mark.requirement("A040", "X06")
async def test_an_offering_is_changed_and_taken_back_by_its_own(house: House) -> None:
    made = (await offered(house, code="training", title="培训")).json()
    place = f"{OFFERINGS}/{made['id']}"
    async with house.caller(house.stranger) as stranger:
        foreign = await stranger.patch(place, json={"title": "x"}, headers={"If-Match": '"1"'})
    async with house.caller(house.member) as member:
        renamed = await member.patch(place, json={"title": "工艺培训"}, headers={"If-Match": '"1"'})
        stale = await member.patch(place, json={"is_open": False}, headers={"If-Match": '"1"'})
        closed = await member.patch(place, json={"is_open": False}, headers={"If-Match": '"2"'})
        read = await member.get(place)
    assert (foreign.status_code, foreign.json()["code"]) == (403, "FORBIDDEN_SCOPE")
    assert (renamed.json()["title"], stale.status_code) == ("工艺培训", 412)
    assert (closed.json()["shown"], read.json()["is_open"]) == (False, False)
    assert await public(house) == []

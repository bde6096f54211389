"""Correcting by a later fact, and reading what was known when."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from tests.fixtures.service import event_types
from tests.registry.facts.conftest import House

pytestmark = pytest.mark.anyio


async def corrected(house: House, org_id: UUID, fact_id: str, key: str, **over: Any) -> Any:
    fact = house.fact()
    body = {"kind": fact["kind"], "occurred_on": "2027-03-05", "payload": fact["payload"]}
    async with house.caller(org_id) as caller:
        return await caller.post(
            f"/v1/registry/facts/{fact_id}/corrections",
            json={**body, "reason": "日期有误", **over},
            headers={"Idempotency-Key": key},
        )


async def listed(house: House, org_id: UUID | None = None, **over: Any) -> Any:
    caller = house.registry.client("service") if org_id is None else house.caller(org_id)
    async with caller:
        return await caller.get(
            "/v1/registry/facts", params={"center_id": str(house.center_id), **over}
        )


@pytest.mark.requirement("X07", "X13")
async def test_a_correction_supersedes_and_both_are_kept(house: House) -> None:
    first = (await house.post(house.member, "a")).json()
    house.registry.set_clock("2027-06-10T02:00:00+00:00")
    second = await corrected(house, house.member, first["id"], "b")
    assert second.status_code == 201, second.text
    assert second.json()["supersedes_id"] == first["id"]
    items = (await listed(house)).json()["items"]
    assert [item["superseded_by_id"] for item in items] == [second.json()["id"], None]
    before = (await listed(house, as_of="2027-06-09")).json()["items"]
    assert [(item["id"], item["superseded_by_id"]) for item in before] == [(first["id"], None)]
    assert (await event_types(house.registry.sessions))[-1] == "fact.corrected"


@pytest.mark.requirement("X07")
@pytest.mark.refusing
async def test_a_fact_is_corrected_once(house: House) -> None:
    first = (await house.post(house.member, "a")).json()
    await corrected(house, house.member, first["id"], "b")
    answer = await corrected(house, house.member, first["id"], "c")
    assert (answer.status_code, answer.json()["code"]) == (409, "FACT_SUPERSEDED")


@pytest.mark.requirement("X07")
async def test_a_correction_can_be_corrected(house: House) -> None:
    first = (await house.post(house.member, "a")).json()
    second = (await corrected(house, house.member, first["id"], "b")).json()
    third = await corrected(house, house.entity, second["id"], "c")
    assert third.status_code == 201
    assert third.json()["submitted_by_org_id"] == str(house.member)


@pytest.mark.requirement("X04", "X07")
@pytest.mark.refusing
async def test_only_its_poster_and_the_centre_correct_a_fact(house: House) -> None:
    first = (await house.post(house.lead, "a")).json()
    fellow = await corrected(house, house.member, first["id"], "b")
    stranger = await corrected(house, house.stranger, first["id"], "c")
    assert [fellow.status_code, stranger.status_code] == [403, 404]


@pytest.mark.refusing
async def test_a_correction_keeps_the_kind_and_gives_a_reason(house: House) -> None:
    first = (await house.post(house.member, "a")).json()
    training = await corrected(
        house, house.member, first["id"], "b", kind="training", payload={"person_times": 1}
    )
    silent = await corrected(house, house.member, first["id"], "c", reason="")
    assert [training.status_code, silent.status_code] == [422, 422]


@pytest.mark.requirement("X07")
@pytest.mark.refusing
async def test_the_application_cannot_change_a_fact(house: House) -> None:
    await house.post(house.member, "a")
    with pytest.raises(Exception, match="permission denied"):
        async with house.registry.sessions.begin() as session:
            await session.execute(text("UPDATE fact SET occurred_on = '2020-01-01'"))


@pytest.mark.requirement("X04")
async def test_members_officials_and_services_read_a_centres_facts(house: House) -> None:
    await house.post(house.lead, "a")
    own = await listed(house, house.member)
    async with house.registry.client("official") as official:
        seen = await official.get("/v1/registry/facts")
    assert [len(answer.json()["items"]) for answer in (own, seen, await listed(house))] == [1] * 3


@pytest.mark.requirement("X04")
@pytest.mark.refusing
async def test_a_stranger_gets_404_and_a_former_member_its_own_facts(house: House) -> None:
    await house.post(house.lead, "a")
    await house.post(house.former, "b", occurred_on="2026-12-01")
    stranger = await listed(house, house.stranger)
    former = (await listed(house, house.former)).json()["items"]
    assert stranger.status_code == 404
    assert [item["submitted_by_org_id"] for item in former] == [str(house.former)]


@pytest.mark.requirement("X04", "X07")
@pytest.mark.refusing
async def test_who_has_left_moves_no_fact_into_the_time_after_it(house: House) -> None:
    first = (await house.post(house.former, "a", occurred_on="2026-12-01")).json()
    late = await corrected(house, house.former, first["id"], "b", occurred_on="2027-01-01")
    assert (late.status_code, late.json()["code"]) == (422, "DAY_NOT_OF_MEMBERSHIP")
    assert late.json()["errors"][0]["pointer"] == "/occurred_on"
    last = await corrected(house, house.former, first["id"], "c", occurred_on="2026-12-31")
    assert last.status_code == 201, last.text
    # Who runs the centre mends it to whichever day is right.
    mended = await corrected(house, house.lead, last.json()["id"], "d", occurred_on="2027-01-01")
    assert mended.status_code == 201, mended.text


@pytest.mark.requirement("X04")
@pytest.mark.refusing
async def test_a_member_without_an_organization_sees_nothing(house: House) -> None:
    await house.post(house.lead, "a")
    async with house.registry.sessions.begin() as session:
        # A centre without a legal entity is nobody's just because a caller is nobody.
        await session.execute(text("UPDATE center SET legal_entity_id = NULL"))
    async with house.registry.client("member") as nobody:
        listed_all = await nobody.get("/v1/registry/facts")
        posted = await nobody.post(
            "/v1/registry/facts", json=house.fact(), headers={"Idempotency-Key": "k"}
        )
    assert (listed_all.json()["items"], posted.status_code) == ([], 404)


@pytest.mark.requirement("X07")
async def test_of_two_corrections_at_once_one_is_refused(house: House) -> None:
    first = (await house.post(house.member, "a")).json()
    answers = await asyncio.gather(
        *(corrected(house, house.member, first["id"], f"k{n}") for n in range(6))
    )
    assert sorted(answer.status_code for answer in answers) == [201, *[409] * 5]
    refused = {answer.json()["code"] for answer in answers if answer.status_code == 409}
    assert refused == {"FACT_SUPERSEDED"}


@pytest.mark.refusing
async def test_a_suspended_centre_takes_no_corrections(house: House) -> None:
    first = (await house.post(house.member, "a")).json()
    async with house.registry.sessions.begin() as session:
        await session.execute(text("UPDATE center SET stage = 'suspended'"))
    answer = await corrected(house, house.member, first["id"], "b")
    assert (answer.status_code, answer.json()["code"]) == (409, "STATE_CONFLICT")


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({"from": "2027-03-01", "until": "2027-03-01"}, 1),
        ({"on": "2027-03-01"}, 1),
        ({"from": "2027-03-02"}, 0),
        ({"until": "2027-02-28"}, 0),
        ({"kind": "training"}, 0),
        ({"as_of": "2027-05-31"}, 0),
        ({"as_of": "2027-06-01T03:00:00Z"}, 1),
    ],
)
async def test_filters_include_both_days(house: House, asked: dict[str, str], count: int) -> None:
    await house.post(house.member, "a")
    assert len((await listed(house, None, **asked)).json()["items"]) == count


async def test_pages_follow_each_other_and_hold_still(house: House) -> None:
    for number in range(5):
        await house.post(house.member, f"k{number}", external_id=f"S-{number}")
    first = (await listed(house, limit=2)).json()
    await house.post(house.member, "late", external_id="late")
    second = (await listed(house, limit=2, cursor=first["next_cursor"])).json()
    third = (await listed(house, limit=2, cursor=second["next_cursor"])).json()
    names = [item["external_id"] for page in (first, second, third) for item in page["items"]]
    assert names == ["S-0", "S-1", "S-2", "S-3", "S-4", "late"]


@pytest.mark.refusing
async def test_an_unknown_filter_or_a_strange_cursor_is_refused(house: House) -> None:
    assert (await listed(house, colour="red")).status_code == 422
    await house.post(house.member, "a")
    await house.post(house.member, "b", external_id="S-2")
    cursor = (await listed(house, limit=1)).json()["next_cursor"]
    assert (await listed(house, cursor=cursor, kind="service")).status_code == 422

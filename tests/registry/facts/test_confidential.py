"""An intelligence report leaves its centre by no door (A152)."""

import json
from typing import Any

import pytest

from tests.registry.facts.conftest import House

pytestmark = pytest.mark.anyio
TITLE = "海外键合设备动向"


def report(house: House, key: str, level: str) -> dict[str, Any]:
    payload = {"title": TITLE, "confidentiality": level, "summary": "x"}
    return house.fact(kind="intelligence_report", external_id=key, payload=payload)


@pytest.mark.requirement("A152", "X04")
@pytest.mark.refusing
async def test_a_report_is_seen_by_nobody_but_those_it_is_for(house: House) -> None:
    async with house.registry.client() as public:
        before = (await public.get("/v1/public/statistics")).json()
    internal = await house.post(house.member, "a", **report(house, "1", "internal"))
    hidden = await house.post(house.member, "b", **report(house, "2", "restricted"))
    of_entity = await house.post(house.entity, "c", **report(house, "3", "restricted"))
    assert [internal.status_code, hidden.status_code, of_entity.status_code] == [201] * 3
    ids = {name: answer.json()["id"] for name, answer in (
        ("internal", internal), ("hidden", hidden), ("of_entity", of_entity))}  # fmt: skip

    async def seen(caller: Any) -> set[str]:
        async with caller:
            listed = (await caller.get("/v1/registry/facts")).json()
            # Reading one by its id says the same as the list, and an unseen one has no text.
            for fact_id in ids.values():
                one = await caller.get(f"/v1/registry/facts/{fact_id}")
                listed_too = fact_id in {item["id"] for item in listed["items"]}
                assert (one.status_code == 200) is listed_too
                assert listed_too or TITLE not in one.text
        return {name for name, one in ids.items() if one in {i["id"] for i in listed["items"]}}

    client = house.registry.client
    assert await seen(house.caller(house.member)) == {"internal", "hidden"}
    assert await seen(house.caller(house.lead)) == {"internal", "hidden", "of_entity"}
    assert await seen(house.caller(house.former)) == set()
    assert await seen(house.caller(house.stranger)) == set()
    assert await seen(client("handler")) == {"internal", "hidden", "of_entity"}
    assert await seen(client("service")) == set()

    async with client() as public:
        after = await public.get("/v1/public/statistics")
    assert after.json()["facts"] == before["facts"]
    assert TITLE not in after.text


@pytest.mark.requirement("A152", "X04")
@pytest.mark.refusing
async def test_neither_events_nor_refusals_tell_of_a_report(house: House) -> None:
    first = await house.post(house.member, "a", **report(house, "1", "restricted"))
    fact_id = first.json()["id"]
    correction = {**report(house, "1", "restricted"), "reason": f"改为{TITLE}二"}
    del correction["center_id"], correction["external_id"]
    path = f"/v1/registry/facts/{fact_id}/corrections"
    async with house.caller(house.stranger) as stranger:
        theirs = await stranger.post(path, json=correction, headers={"Idempotency-Key": "s"})
    async with house.caller(house.former) as former:
        late = await former.post(path, json=correction, headers={"Idempotency-Key": "f"})
    async with house.caller(house.member) as member:
        own = await member.post(path, json=correction, headers={"Idempotency-Key": "m"})
    assert (theirs.status_code, late.status_code, own.status_code) == (404, 404, 201)
    assert TITLE not in theirs.text + late.text

    # The same reference from another organization is its own, and tells nothing of this one.
    other = await house.post(house.lead, "o", **report(house, "1", "restricted"))
    assert other.status_code == 201
    async with house.registry.sessions.reading() as session:
        from sqlmodel import select

        from shared.events.tables import Event

        told = [
            event for event in (await session.scalars(select(Event))).all()
            if str(event.subject_id) in {fact_id, own.json()["id"], other.json()["id"]}
        ]  # fmt: skip
    assert len(told) == 3
    for event in told:
        assert event.center_id is None
        text = json.dumps(event.data, ensure_ascii=False)
        assert "intelligence" not in text
        assert TITLE not in text
        assert str(house.center_id) not in text

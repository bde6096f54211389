"""What the other services are told, and what they ask."""

import pytest

from registry.memberships.actions import announce
from shared.auth import Actor
from tests.registry.facts.conftest import House, house

pytestmark = pytest.mark.anyio
__all__ = ["house"]
CLERK = Actor.system("test")


async def test_an_entry_is_the_same_in_the_feed_and_on_demand(house: House) -> None:
    async with house.registry.sessions.begin() as session:
        await announce(session, CLERK, house.center_id)
    await house.registry.number()
    async with house.registry.client("service") as service:
        feed = (await service.get("/v1/registry/events")).json()["items"]
        asked = (await service.get(f"/v1/registry/directory/centers/{house.center_id}")).json()
    [event] = [item for item in feed if item["type"] == "directory.center"]
    assert {**event["data"]["entry"], "position": event["position"]} == asked
    assert {row["org_id"] for row in asked["memberships"]} == {
        str(house.member),
        str(house.former),
    }


async def test_services_ask_who_belongs_where(house: House) -> None:
    path = "/v1/registry/directory/organizations"
    async with house.registry.client("service") as service:
        own = (await service.get(f"{path}/{house.member}/centers")).json()
        former = (await service.get(f"{path}/{house.former}/centers")).json()
        named = (await service.get(f"{path}/{house.entity}/led-by/{house.lead}")).json()
        async with house.registry.client("member", org_id=house.entity) as entity:
            await entity.post(f"/v1/registry/centers/{house.center_id}/entity-consents")
        led = (await service.get(f"{path}/{house.entity}/led-by/{house.lead}")).json()
        strange = (await service.get(f"{path}/{house.entity}/led-by/{house.member}")).json()
        unknown = await service.get(f"{path}/{house.center_id}")
    assert own == {"center_ids": [str(house.center_id)]}
    assert (former, led, strange) == ({"center_ids": []}, {"led": True}, {"led": False})
    # A draft may name anybody; only who agreed is spoken for.
    assert named == {"led": False}
    assert unknown.status_code == 404


@pytest.mark.requirement("X04")
@pytest.mark.refusing
@pytest.mark.parametrize("capacity", ["member", "handler", "agency", "expert"])
async def test_only_services_ask_the_directory(house: House, capacity: str) -> None:
    async with house.registry.client(capacity) as caller:
        answer = await caller.get(f"/v1/registry/directory/centers/{house.center_id}")
    assert answer.status_code == 403


@pytest.mark.requirement("X04", "X16")
async def test_a_member_follows_its_own_centres_only(house: House) -> None:
    async with house.registry.sessions.begin() as session:
        await announce(session, CLERK, house.center_id)
        await announce(session, CLERK, house.other_center_id)
    await house.registry.number()

    async def followed(capacity: str, **claims: object) -> list[str]:
        async with house.registry.client(capacity, **claims) as caller:
            items = (await caller.get("/v1/registry/events")).json()["items"]
        return [item["subject"] for item in items if item["type"] == "directory.center"]

    both = [str(house.center_id), str(house.other_center_id)]
    assert await followed("member", org_id=house.member) == both[:1]
    assert await followed("member", org_id=house.stranger) == both[1:]
    assert await followed("official") == both
    assert await followed("agency") == []

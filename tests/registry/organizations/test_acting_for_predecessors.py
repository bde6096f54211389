"""Who stands in an organization's place acts for what is under its id, and nobody else does."""

import random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.organizations import queries
from registry.organizations.rules import SuccessionKind
from shared.auth import Actor, Predecessors
from tests.fixtures.service import RunningService
from tests.registry.facts.conftest import House
from tests.registry.facts.conftest import house as house
from tests.registry.organizations.entering import ORGANIZATIONS, entered, handler, tag

MEMBERSHIPS = "/v1/registry/memberships"
ORGS = st.sampled_from([UUID(int=number) for number in range(1, 6)])


@given(ORGS, st.frozensets(ORGS), st.lists(ORGS | st.none(), min_size=1))
def test_an_actor_meets_what_is_its_own_as_the_owner(
    own: UUID, predecessors: frozenset[UUID], owners: list[UUID | None]
) -> None:
    actor = Actor(UUID(int=9), "test", frozenset({"member"}), own, predecessor_ids=predecessors)
    met = actor.org_for(*owners)
    assert (met in owners) is bool(actor.org_ids & set(owners))
    assert met == own or met in predecessors
    nobody = Actor(UUID(int=9), "test", frozenset({"member"}))
    assert (nobody.org_ids, nobody.org_for(*owners)) == (frozenset(), None)


pytestmark = pytest.mark.anyio


async def test_a_succession_is_known_again_once_the_time_is_over() -> None:
    answers = [frozenset({UUID(int=1)}), frozenset({UUID(int=1), UUID(int=2)})]
    now = [100.0]

    async def ask(_org_id: UUID) -> frozenset[UUID]:
        return answers[0] if now[0] < 102 else answers[1]

    known = Predecessors(ask, 2.0, lambda: now[0])
    seen = []
    for now[0] in (100.0, 101.9, 102.0):
        seen.append(await known.of(UUID(int=5)))
    assert seen == [answers[0], answers[0], answers[1]]


async def succeeded(registry: RunningService, org: Any, successor: Any, **over: Any) -> Any:
    body = {
        "successor_id": str(successor), "kind": "absorption", "effective_on": "2026-01-05",
        "basis": "准予合并登记通知书", **over,
    }  # fmt: skip
    async with registry.sessions.reading() as session:
        version = (await queries.organization_found(session, UUID(str(org)))).version
    async with handler(registry) as official:
        return await official.post(
            f"{ORGANIZATIONS}/{org}/succession", json=body, headers=tag(version)
        )


def last_of(org: UUID, followed: dict[UUID, UUID]) -> UUID:
    while org in followed:
        org = followed[org]
    return org


@pytest.mark.requirement("A160")
@pytest.mark.parametrize("seed", range(4))
async def test_whatever_follows_whatever_each_is_acted_for_by_one_that_stands(
    registry: RunningService, seed: int
) -> None:
    dice = random.Random(seed)
    orgs = [UUID((await entered(registry, number))["id"]) for number in range(10)]
    followed: dict[UUID, UUID] = {}
    for _ in range(14):
        org, successor = dice.sample(orgs, 2)
        kind = dice.choice(list(SuccessionKind))
        answer = await succeeded(registry, org, successor, kind=kind)
        if answer.status_code == 201 and kind is not SuccessionKind.DIVISION:
            followed[org] = successor
    assert followed
    async with registry.sessions.reading() as session:
        acted = {org: await queries.predecessor_ids(session, org) for org in orgs}
    for org in orgs:
        expected = {one for one in orgs if one != org and last_of(one, followed) == org}
        assert acted[org] == expected
        assert sum(org in others for others in acted.values()) == (org in followed)


@pytest.mark.requirement("A049")
async def test_a_successor_does_for_the_member_what_the_member_could(house: House) -> None:
    registry, new = house.registry, house.stranger
    async with house.caller(new) as caller:
        before = (await caller.get(MEMBERSHIPS)).json()["items"]
        refused = await house.post(new, "before")
    assert (before, refused.status_code) == ([], 404)
    assert (await succeeded(registry, house.member, new)).status_code == 201
    async with house.caller(new) as caller:
        [mine] = (await caller.get(MEMBERSHIPS)).json()["items"]
        posted = await house.post(new, "after", external_id="after")
        promised = await caller.post(
            f"{MEMBERSHIPS}/{mine['id']}/commitments",
            json={
                "kind": "people",
                "people": 3,
                "description": "三名工程师",
                "starts_on": "2027-06-01",
            },
        )
        left = await caller.post(
            f"{MEMBERSHIPS}/{mine['id']}/exit-notices",
            json={"left_on": "2027-12-31", "reason": "合并"},
        )
    assert mine["org_id"] == str(house.member)
    assert (posted.status_code, posted.json()["submitted_by_org_id"]) == (201, str(new))
    assert (promised.status_code, left.status_code) == (201, 200), (promised.text, left.text)
    assert left.json()["state"] == "leaving"


@pytest.mark.requirement("A160")
async def test_the_successor_of_the_lead_speaks_for_the_centre(house: House) -> None:
    center, new = f"/v1/registry/centers/{house.center_id}", house.stranger
    assert (await succeeded(house.registry, house.lead, new)).status_code == 201
    async with house.caller(new) as caller:
        history = await caller.get(f"{center}/history")
        document = await caller.post(
            f"{center}/research-directions",
            json={"title": "先进封装可靠性", "summary": "车规级芯片的封装可靠性"},
        )
        invited = await caller.post(
            f"{center}/members", json={"org_id": str(house.former), "role": "member"}
        )
    assert history.status_code == 200, history.text
    assert document.status_code == 201, document.text
    assert invited.status_code == 201, invited.text


@pytest.mark.requirement("X04")
@pytest.mark.refusing
async def test_a_part_split_off_and_one_in_between_act_for_nobody(house: House) -> None:
    registry, between, last = house.registry, house.former, house.stranger
    assert (await succeeded(registry, house.member, last, kind="division")).status_code == 201
    async with house.caller(last) as split:
        split_off = await house.post(last, "split")
        none = (await split.get(MEMBERSHIPS)).json()["items"]
    assert (split_off.status_code, none) == (404, [])
    assert (await succeeded(registry, house.member, between)).status_code == 201
    assert (await succeeded(registry, between, last, effective_on="2026-02-01")).status_code == 201
    seen = {}
    for org in (between, last):
        async with house.caller(org) as caller:
            items = (await caller.get(MEMBERSHIPS)).json()["items"]
        seen[org] = {one["org_id"] for one in items}
    assert seen == {between: {str(between)}, last: {str(house.member), str(between)}}


@pytest.mark.requirement("X03")
@pytest.mark.refusing
async def test_a_future_day_gives_nobody_anything_yet(house: House) -> None:
    answer = await succeeded(
        house.registry, house.member, house.stranger, effective_on="2027-06-02"
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "DAY_IN_FUTURE")
    assert (await house.post(house.stranger, "early")).status_code == 404


@pytest.mark.requirement("A041")
async def test_a_client_in_a_members_place_counts_as_a_member(house: House) -> None:
    first = await house.post(house.lead, "1", external_id="1")
    assert first.json()["derived"]["is_member"] is False
    assert (await succeeded(house.registry, house.member, house.stranger)).status_code == 201
    second = await house.post(house.lead, "2", external_id="2")
    assert second.json()["derived"]["is_member"] is True


async def test_the_other_services_hear_of_a_successors_centres(house: House) -> None:
    path = f"/v1/registry/directory/organizations/{house.stranger}/centers"
    async with house.registry.client("service") as service:
        before = (await service.get(path)).json()["center_ids"]
        assert (await succeeded(house.registry, house.member, house.stranger)).status_code == 201
        after = (await service.get(path)).json()["center_ids"]
    assert before == [str(house.other_center_id)]
    assert after == sorted([str(house.other_center_id), str(house.center_id)])

"""One page for many readers gives each exactly what it would have read by itself."""

from itertools import product
from random import Random
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import event

from tests.registry.changes.following import Caller
from tests.registry.facts.conftest import House

EVENTS = "/v1/registry/events"
READINGS = f"{EVENTS}/readings"

pytestmark = pytest.mark.anyio


@pytest.fixture
async def lived_in(house: House) -> House:
    """Let something happen at a listed centre and at a draft."""
    caller = Caller(house, Random(7))
    assert (await caller.apply()).status_code == 201
    for _ in range(30):
        await caller.call()
    await house.registry.number()
    return house


async def read_for(house: House, **body: Any) -> httpx.Response:
    async with house.registry.client("service") as service:
        return await service.post(READINGS, json={"after": 0, "limit": 500, **body})


def tokens_of(house: House) -> dict[str, str]:
    token = house.registry.signer.token
    return {
        "official": token("official", "handler"),
        "another official": token("official", "auditor"),
        "agency": token("agency", org_id=uuid4()),
        "lead": token("member", org_id=house.lead),
        "member": token("member", org_id=house.member),
        "stranger": token("member", org_id=house.stranger),
        "service": token("service"),
    }


@pytest.mark.requirement("X16", "X04")
async def test_each_reader_of_a_page_sees_what_its_own_reading_shows(lived_in: House) -> None:
    tokens = tokens_of(lived_in)
    wanted = ((), ("fact.recorded", "center.listed", "sponsor_profile.entered"))
    asked = [
        {"token": tokens[name], "types": list(types)} for name, types in product(tokens, wanted)
    ]
    async with lived_in.registry.client("service") as service:
        newest = (await service.get(EVENTS, params={"limit": 0})).json()["last_position"]
    for after in (0, newest // 2, newest):
        page = (await read_for(lived_in, after=after, readers=asked)).json()
        assert page["last_position"] == newest
        differing = set()
        for (name, types), reader in zip(product(tokens, wanted), page["readers"], strict=True):
            async with lived_in.registry.client() as caller:
                caller.headers["Authorization"] = f"Bearer {tokens[name]}"
                params = {"after": after, "limit": 500, "types": ",".join(types) or None}
                alone = await caller.get(
                    EVENTS, params={k: v for k, v in params.items() if v is not None}
                )
            assert not reader["refused"]
            assert [page["items"][place] for place in reader["items"]] == alone.json()["items"]
            if not types:
                differing.add(str(alone.json()["items"]))
        # Officials, a service, an agency, a lead, a member and a stranger do not see the same.
        assert len(differing) >= 5 or after


async def test_a_page_that_is_full_covers_no_more_than_its_last_event(lived_in: House) -> None:
    tokens = tokens_of(lived_in)
    readers = [{"token": tokens[name]} for name in ("official", "stranger")]
    seen: dict[str, list[str]] = {"official": [], "stranger": []}
    after = 0
    while True:
        page = (await read_for(lived_in, after=after, limit=3, readers=readers)).json()
        for name, reader in zip(seen, page["readers"], strict=True):
            seen[name] += [page["items"][place]["id"] for place in reader["items"]]
        if page["last_position"] == after:
            break
        after = page["last_position"]
    for name, ids in seen.items():
        async with lived_in.registry.client() as caller:
            caller.headers["Authorization"] = f"Bearer {tokens[name]}"
            items = (await caller.get(EVENTS, params={"limit": 500})).json()["items"]
        assert ids == [item["id"] for item in items], name


@pytest.mark.requirement("X16", "X04")
@pytest.mark.refusing
async def test_a_token_that_is_not_good_reads_nothing_and_keeps_nobody_else_from_it(
    lived_in: House,
) -> None:
    token = lived_in.registry.signer.token
    good: str = token("official", "handler")
    wrong = [
        "nonsense", good[:-4] + "AAAA", token("official", "handler", exp=1), "",
        token("official", "handler", aud="elsewhere"), token("expert", expert_id=uuid4()),
    ]  # fmt: skip
    readers = [{"token": one} for one in [*wrong, good]]
    page = (await read_for(lived_in, readers=readers)).json()
    assert [one["refused"] for one in page["readers"]] == [True] * len(wrong) + [False]
    assert all(one["items"] == [] for one in page["readers"][:-1])
    assert page["readers"][-1]["items"]
    alone = (await read_for(lived_in, readers=readers[:1])).json()
    assert (alone["items"], alone["last_position"]) == ([], page["last_position"])


@pytest.mark.requirement("X16")
@pytest.mark.refusing
async def test_only_services_ask_for_others(lived_in: House) -> None:
    readers = [{"token": lived_in.registry.signer.token("official", "handler")}]
    body = {"after": 0, "limit": 1, "readers": readers}
    for capacities in (("official", "admin"), ("member",), ("agency",), ("expert",)):
        async with lived_in.registry.client(*capacities, org_id=lived_in.lead) as caller:
            assert (await caller.post(READINGS, json=body)).status_code == 403
    async with lived_in.registry.client() as nobody:
        assert (await nobody.post(READINGS, json=body)).status_code == 401
    refusals: tuple[dict[str, Any], ...] = (
        {"limit": 0},
        {"after": -1},
        {"readers": []},
        {"readers": readers * 201},
    )
    for refused in refusals:
        assert (await read_for(lived_in, **{"readers": readers, **refused})).status_code == 422


@pytest.mark.requirement("X16")
async def test_many_readers_cost_no_more_statements_than_one(lived_in: House) -> None:
    sent: list[str] = []
    engine = lived_in.registry.app.state.database.engine.sync_engine

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    token = lived_in.registry.signer.token
    counts = []
    for many in (2, 20):
        sent.clear()
        readers = [{"token": token("member", org_id=uuid4())} for _ in range(many)]
        assert (await read_for(lived_in, readers=readers)).status_code == 200
        counts.append(len([one for one in sent if "membership" in one or "center" in one]))
    assert counts[0] == counts[1] > 0

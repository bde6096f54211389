"""How far a feed goes, for those who only want to know that something happened, or want little."""

import asyncio
import time
from typing import Any

import httpx
import pytest

from shared.client import ServiceClient
from shared.events.consuming import Consumers, ReceivedEvent
from shared.events.tables import FeedCursor
from tests.registry.facts.conftest import House

EVENTS = "/v1/registry/events"

pytestmark = pytest.mark.anyio


async def asked(house: House, **params: Any) -> dict[str, Any]:
    async with house.registry.client("service") as service:
        answer = await service.get(EVENTS, params=params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_limit_of_zero_tells_how_far_the_feed_goes_and_nothing_else(house: House) -> None:
    await house.post(house.member, "one", external_id="one")
    await house.registry.number()
    everything = await asked(house)
    assert everything["items"]
    bare = await asked(house, limit=0)
    assert bare == {"items": [], "last_position": everything["last_position"]}
    # A position of another feed is known by an answer that lies below it.
    assert await asked(house, after=2**52) == bare
    began = time.perf_counter()
    # What has happened since is told at once, and what has not is waited for.
    assert await asked(house, limit=0, wait=20) == bare
    assert time.perf_counter() - began < 10
    waiting = asyncio.create_task(asked(house, limit=0, wait=20, after=bare["last_position"]))
    await house.post(house.member, "two", external_id="two")
    await house.registry.number()
    assert (await waiting)["last_position"] > bare["last_position"]


async def test_a_follower_passes_by_what_it_did_not_ask_for(house: House) -> None:
    heard: list[str] = []

    async def on_fact(_session: Any, event: ReceivedEvent) -> None:
        heard.append(event.type)

    async def forwarded(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/token":
            return httpx.Response(200, json={"access_token": "a", "expires_in": 600})
        async with house.registry.client("service") as service:
            return await service.get(EVENTS, params=request.url.params)

    client = ServiceClient(house.registry.app.state.settings, httpx.MockTransport(forwarded))
    state = house.registry.app.state
    for types, kept in ((["never.happened"], []), (["fact.recorded"], ["fact.recorded"])):
        await house.post(house.member, types[0], external_id=types[0])
        await house.registry.number()
        follower = Consumers(
            state.database.sessions,
            client,
            {"registry": dict.fromkeys(types, on_fact)},
            state.committed,
        )
        assert await follower.once("registry") == len(kept)
        async with house.registry.sessions.reading() as session:
            cursor = await session.get(FeedCursor, "registry")
        assert cursor is not None
        # As far as the feed goes, whether anything there was asked for or not.
        assert cursor.position == (await asked(house, limit=0))["last_position"]
    assert heard == ["fact.recorded"]


async def test_who_waits_is_answered_at_once_by_a_process_that_is_asked_to_end(
    house: House,
) -> None:
    await house.post(house.member, "one", external_id="one")
    await house.registry.number()
    bare = await asked(house, limit=0)
    waiting = asyncio.create_task(asked(house, wait=20, after=bare["last_position"]))
    while not waiting.done() and not held(house):  # noqa: ASYNC110 - nothing tells of it
        await asyncio.sleep(0.01)
    house.registry.app.state.sequencer.stop()
    began = time.perf_counter()
    assert await waiting == bare
    assert await asked(house, wait=20, after=bare["last_position"]) == bare
    assert time.perf_counter() - began < 10


def held(house: House) -> bool:
    """Tell whether somebody holds on for news."""
    return bool(house.registry.app.state.sequencer._told._waiters)

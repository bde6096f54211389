"""A consumer outside that crashes anywhere and resumes from its position has the server's state.

`make prove` asks for a thousand crashes; `make test` for some.
"""

import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from tests.registry.organizations.entering import ORGANIZATIONS, entry, tag

pytestmark = pytest.mark.anyio

CRASHES = int(os.environ.get("ZHICHUANG_CASES", "12"))
SEED = int(os.environ.get("ZHICHUANG_SEED", "1"))
FEED = "/v1/registry/events"
REGIONS = ("310104", "310105", "310112", "310114", "310115")
Running = Callable[..., Any]


class Crash(Exception):  # noqa: N818 - what it is
    """The consumer is gone, and with it all that it had not kept."""


@dataclass
class Kept:
    """What a consumer's own disk holds: resources by id, and its position; each written alone."""

    position: int = 0
    resources: dict[str, dict[str, Any]] = field(default_factory=dict)


class Consumer:
    """Reads the feed as its documentation says: apply an event, then keep its position."""

    def __init__(self, caller: httpx.AsyncClient, kept: Kept, chance: random.Random) -> None:
        self._caller, self._kept, self._chance = caller, kept, chance

    async def read(self, *, steps: int | None = None) -> None:
        """Read to the end of the feed, or crash after so many steps."""
        left = steps
        while True:
            asked = {"after": self._kept.position, "limit": self._chance.randint(1, 7)}
            answer = await self._caller.get(FEED, params=asked)
            assert answer.status_code == 200, answer.text
            page = answer.json()
            for event in page["items"]:
                for step in (self._apply, self._remember):
                    if left is not None:
                        if left == 0:
                            raise Crash
                        left -= 1
                    step(event)
            if not page["items"]:
                if left is not None:
                    raise Crash
                return

    def _apply(self, event: dict[str, Any]) -> None:
        told = event["data"]
        if told.get("resource") != "organization":
            return
        known = self._kept.resources.get(told["id"])
        # An event that comes again, because its position was not kept, takes nothing back.
        if known is None or known["version"] <= told["version"]:
            self._kept.resources[told["id"]] = told

    def _remember(self, event: dict[str, Any]) -> None:
        assert event["position"] == self._kept.position + 1, "a gap, or one that came too early"
        self._kept.position = event["position"]


async def change_something(
    official: httpx.AsyncClient, versions: dict[str, int], chance: random.Random
) -> None:
    """Enter an organization, or change one."""
    if len(versions) < 3:
        made = await official.post(ORGANIZATIONS, json=entry(len(versions)))
        assert made.status_code == 201, made.text
        versions[made.json()["id"]] = made.json()["version"]
        return
    org_id = chance.choice(list(versions))
    values = {"region_code": chance.choice(REGIONS), "is_sme": chance.random() < 0.5}
    changed = await official.patch(
        f"{ORGANIZATIONS}/{org_id}", json=values, headers=tag(versions[org_id])
    )
    assert changed.status_code == 200, changed.text
    versions[org_id] = changed.json()["version"]


@pytest.mark.requirement("X16")
async def test_a_consumer_that_crashes_anywhere_reaches_the_state_of_the_server(
    running: Running,
) -> None:
    chance, versions, kept = random.Random(SEED), dict[str, int](), Kept()
    async with running("registry") as registry:
        for crash in range(CRASHES):
            # A token lives ten minutes, and a thousand crashes take longer.
            async with registry.client("official", "handler") as official:
                for _ in range(chance.randint(1, 3)):
                    await change_something(official, versions, chance)
                await registry.number()
                with pytest.raises(Crash):
                    await Consumer(official, kept, chance).read(steps=chance.randint(0, 14))
                await Consumer(official, kept, chance).read()
                await judge(official, versions, kept, crash)


async def judge(
    official: httpx.AsyncClient, versions: dict[str, int], kept: Kept, crash: int
) -> None:
    """Hold what the consumer keeps against what the server gives, organization by organization."""
    for org_id in versions:
        served = (await official.get(f"{ORGANIZATIONS}/{org_id}")).json()
        held = kept.resources[org_id]
        shared = served.keys() & held.keys()
        assert {"version", "region_code", "is_sme", "uscc"} <= shared
        assert {k: held[k] for k in shared} == {k: served[k] for k in shared}, crash

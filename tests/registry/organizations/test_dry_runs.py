"""What a dry run of a large sheet says of each organization is what entering them then does."""

import json
import random
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from sqlmodel import func, select

from registry.organizations.tables import Organization
from shared.http.batches import taking
from tests.fixtures.counting import some
from tests.fixtures.rehearsing import CHUNK, kinds, reach, worked_off
from tests.fixtures.service import RunningService
from tests.registry.organizations.entering import code, entered, entry, handler

pytestmark = pytest.mark.anyio
NUMBER = 200
KNOWN = 40
PATH = "/v1/registry/organization-batches"


@pytest.fixture
async def registry(
    running: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[RunningService]:
    monkeypatch.setattr(taking, "INLINE_ROWS", 0)
    async with running("registry") as service:
        yield service


def _row(chance: random.Random) -> str:
    """Make one of a few organizations, held by another one of them or by nobody."""
    over: dict[str, Any] = {}
    if chance.random() < 0.7:
        owner = code(chance.randrange(KNOWN))
        over["parent_uscc"] = chance.choice((owner, owner.lower()))
    if chance.random() < 0.1:
        over["name"] = "另一个名字"
    if chance.random() < 0.1:
        over["registered_on"] = chance.choice(("2999-12-31", "nonsense"))
    return json.dumps(entry(chance.randrange(KNOWN), **over))


async def _counted(registry: RunningService) -> int:
    async with registry.sessions.reading() as session:
        return await session.scalar(select(func.count()).select_from(Organization)) or 0


@pytest.mark.requirement("X05", "A105")
@pytest.mark.parametrize("seed", some(range(4), 2))
async def test_a_dry_run_foretells_what_the_sheet_then_does(
    registry: RunningService, seed: int
) -> None:
    chance = random.Random(seed)
    for number in range(0, KNOWN, 10):
        await entered(registry, number, parent_uscc=code(number + 1))
    lines = [_row(chance) for _ in range(NUMBER)]
    there = await _counted(registry)
    async with handler(registry) as official:
        sent = (registry, official, PATH, lines)
        foretold = await worked_off(*sent, dry_run=True, by=kinds())
        assert await _counted(registry) == there
        done = await worked_off(*sent, dry_run=False, by=kinds())
    assert foretold == done
    assert await _counted(registry) == there + sum(row["outcome"] == "created" for row in done)
    codes = {row["problem"]["code"] for row in done if row["problem"]}
    assert codes >= {"ALREADY_EXISTS", "OWNERSHIP_CYCLE", "DAY_IN_FUTURE"}
    assert reach(done) > CHUNK

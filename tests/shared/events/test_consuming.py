"""Events of a neighbour: twenty to a transaction, each once, in order, whichever fails."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from registry.organizations.tables import Organization
from shared.auth import Actor
from shared.database import new_id
from shared.events.consuming import TOGETHER, Consumers, OfMany, ReceivedEvent
from shared.events.recording import record
from shared.events.tables import Audit, Event, FeedCursor, Inbox
from tests.fixtures.service import RunningService
from tests.registry.facts.conftest import organization

pytestmark = pytest.mark.anyio
CLERK = Actor.system("consumer")
WANTED = "organization.changed"


class Feed:
    """A neighbour that has so many events and gives a page of them at a time."""

    def __init__(self, count: int) -> None:
        self.items = [
            {
                "id": str(new_id()), "type": WANTED, "source": "/v1/evaluation",
                "subject": str(new_id()), "time": "2026-01-12T02:00:00+00:00",
                "data": {"number": number}, "position": number + 1,
            }
            for number in range(count)
        ]  # fmt: skip

    async def get(self, _service: str, _path: str, asked: dict[str, Any], **_: Any) -> Any:
        items = [item for item in self.items if item["position"] > asked["after"]]
        return {"items": items[: asked["limit"]], "last_position": len(self.items)}


class World:
    """One organization whose every change comes from the feed."""

    def __init__(self, registry: RunningService, feed: Feed) -> None:
        self.registry, self.feed = registry, feed
        self.acted: list[int] = []
        self.transactions: set[str] = set()
        self.failing: int | None = None
        self.org_id: UUID = new_id()

    def consumers(self) -> Consumers:
        handlers = {"evaluation": {WANTED: self.act}}
        return Consumers(self.registry.sessions, self.feed, handlers, asyncio.Event())  # type: ignore[arg-type]  # as much of a client as is asked

    async def act(self, session: AsyncSession, event: ReceivedEvent) -> None:
        number = event.data["number"]
        if number == self.failing:
            raise LookupError(number)
        row = await session.get(Organization, self.org_id)
        assert row is not None
        row.name = f"{row.name.partition(' ')[0]} {number}"
        record(session, CLERK, WANTED, row.id, number=number)
        self.acted.append(number)
        self.transactions.add(str(await session.scalar(text("SELECT pg_current_xact_id()::text"))))

    async def told(self) -> list[int]:
        async with self.registry.sessions.reading() as session:
            rows = await session.scalars(
                select(Event).where(col(Event.type) == WANTED).order_by(col(Event.seq))
            )
            return [row.data["number"] for row in rows]

    async def kept(self) -> tuple[int, int]:
        async with self.registry.sessions.reading() as session:
            cursor = await session.get(FeedCursor, "evaluation")
            inbox = await session.scalar(select(func.count()).select_from(Inbox))
        return (0 if cursor is None else cursor.position), inbox or 0


@pytest.fixture
async def world(running: Callable[..., Any]) -> Any:
    async with running("registry") as registry:
        made = World(registry, Feed(2 * TOGETHER + 5))
        row = organization("91310115FAKE00013U")
        row.id, row.registered_on = made.org_id, date(2020, 1, 1)
        async with registry.sessions.begin() as session:
            session.add(row)
        yield made


async def test_events_share_transactions_and_come_once_in_order(world: World) -> None:
    everything = list(range(len(world.feed.items)))
    consumers = world.consumers()
    assert await consumers.once("evaluation") == len(everything)
    assert world.acted == everything
    assert len(world.transactions) == 3
    assert await world.told() == everything
    assert await world.kept() == (len(everything), len(everything))
    # A neighbour that forgot how far we are changes nothing.
    async with world.registry.sessions.begin() as session:
        await session.execute(text("UPDATE feed_cursor SET position = 0"))
    assert await consumers.once("evaluation") == len(everything)
    assert world.acted == everything


async def test_each_change_is_hashed_for_itself_though_they_share_a_transaction(
    world: World,
) -> None:
    await world.consumers().once("evaluation")
    async with world.registry.sessions.reading() as session:
        rows = (
            await session.scalars(
                select(Audit)
                .join(Event, col(Event.id) == col(Audit.event_id))
                .where(col(Audit.action) == WANTED)
                .order_by(col(Event.seq))
            )
        ).all()
        events = (
            await session.scalars(
                select(Event).where(col(Event.type) == WANTED).order_by(col(Event.seq))
            )
        ).all()
    assert len({row.after_sha256 for row in rows}) == len(rows) == len(world.feed.items)
    before = [row.before_sha256 for row in rows[1:]]
    assert before == [row.after_sha256 for row in rows[:-1]]
    # And each event carries the row as it stood then.
    names = [event.data["resource"]["state"]["name"].rpartition(" ")[2] for event in events]
    assert names == [str(number) for number in range(len(events))]


@pytest.mark.refusing
async def test_one_that_fails_undoes_nobody_and_is_not_overtaken(world: World) -> None:
    world.failing = TOGETHER + 7
    consumers = world.consumers()
    with pytest.raises(LookupError):
        await consumers.once("evaluation")
    assert await world.told() == list(range(world.failing))
    assert await world.kept() == (world.failing, world.failing)
    with pytest.raises(LookupError):
        await consumers.once("evaluation")
    world.failing = None
    await consumers.once("evaluation")
    assert await world.told() == list(range(len(world.feed.items)))
    assert (await world.kept())[0] == len(world.feed.items)


async def test_two_replicas_that_follow_one_feed_act_once(world: World) -> None:
    await asyncio.gather(*(world.consumers().once("evaluation") for _ in range(2)))
    assert await world.told() == list(range(len(world.feed.items)))


async def test_what_a_handler_takes_by_set_comes_in_runs_of_different_subjects(
    world: World,
) -> None:
    """Of ten events the fourth and the fifth are of one subject, and the eighth another type."""
    runs: list[list[int]] = []

    async def act(_session: AsyncSession, events: Sequence[ReceivedEvent]) -> None:
        runs.append([one.position for one in events])

    async def alone(_session: AsyncSession, event: ReceivedEvent) -> None:
        runs.append([event.position])

    items = world.feed.items[:10]
    items[4]["subject"] = items[3]["subject"]
    items[7]["type"] = "organization.entered"
    world.feed.items = items
    handlers = {"evaluation": {WANTED: OfMany(act), "organization.entered": alone}}
    consumers = Consumers(world.registry.sessions, world.feed, handlers, asyncio.Event())  # type: ignore[arg-type]  # as much of a client as is asked
    assert await consumers.once("evaluation") == 10
    assert runs == [[1, 2, 3, 4], [5, 6, 7], [8], [9, 10]]
    assert await world.kept() == (10, 10)


async def test_what_goes_by_set_does_not_count_among_those_that_share_a_transaction(
    world: World,
) -> None:
    transactions: list[str] = []

    async def noted(session: AsyncSession) -> None:
        transactions.append(str(await session.scalar(text("SELECT pg_current_xact_id()::text"))))

    async def act(session: AsyncSession, _events: Sequence[ReceivedEvent]) -> None:
        await noted(session)

    async def alone(session: AsyncSession, _event: ReceivedEvent) -> None:
        await noted(session)

    for item in world.feed.items[: TOGETHER + 1]:
        item["type"] = "organization.entered"
    handlers = {"evaluation": {WANTED: OfMany(act), "organization.entered": alone}}
    consumers = Consumers(world.registry.sessions, world.feed, handlers, asyncio.Event())  # type: ignore[arg-type]  # as much of a client as is asked
    await consumers.once("evaluation")
    # Twenty that go alone in one; the last of these with all that go by set in the other.
    assert len(transactions) == TOGETHER + 2
    assert [transactions.count(one) for one in dict.fromkeys(transactions)] == [TOGETHER, 2]

"""Following another service's feed: each event once, in its order, with what it changes."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import func, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.client import ServiceClient, Unavailable
from shared.database.engine import Sessions
from shared.events.changes import settle
from shared.events.tables import FeedCursor

WAIT_SECONDS: Final = 20
RETRY_SECONDS: Final = 0.5
# A feed that does not hold on, as one that is about to end, must not be asked without end.
PAUSE_SECONDS: Final = 0.05
PAGE: Final = 200
# So many events share a transaction: a commit takes longer than most of what they change, and the
# locks of one that has too many would keep requests waiting.
TOGETHER: Final = 20

# One statement and one parameter, however many events.
ARRIVE: Final = text(
    """
    INSERT INTO inbox (source, event_id) SELECT :source, unnest(CAST(:ids AS uuid[]))
    ON CONFLICT DO NOTHING RETURNING event_id
    """
)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ReceivedEvent:
    """An event as another service's feed gave it."""

    id: UUID
    type: str
    source: str
    subject: UUID
    center_id: UUID | None
    data: Mapping[str, Any]
    position: int
    time: datetime

    @classmethod
    def of_feed(cls, source: str, item: Mapping[str, Any]) -> "ReceivedEvent":
        """Read a CloudEvent of a feed."""
        center = item["data"].get("center_id")
        return cls(
            id=UUID(item["id"]),
            type=item["type"],
            source=source,
            subject=UUID(item["subject"]),
            center_id=None if center is None else UUID(center),
            data=item["data"],
            position=item["position"],
            time=datetime.fromisoformat(item["time"]),
        )


Handler = Callable[[AsyncSession, ReceivedEvent], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class OfMany:
    """A handler that acts on events of its type by set: what one import brings, it takes at once.

    It gets events that follow each other, each of another subject.
    """

    act: Callable[[AsyncSession, Sequence[ReceivedEvent]], Awaitable[None]]

    async def __call__(self, session: AsyncSession, event: ReceivedEvent) -> None:
        """Act on one event alone."""
        await self.act(session, [event])


class Consumers:
    """Follows the feeds of neighbours: `{"evaluation": {"panel.formed": on_panel_formed}}`."""

    def __init__(
        self,
        sessions: Sessions,
        services: ServiceClient,
        handlers: Mapping[str, Mapping[str, Handler]],
        committed: asyncio.Event,
    ) -> None:
        """Bind to this service's database and to its neighbours."""
        self._sessions = sessions
        self._services = services
        self._handlers = handlers
        self._committed = committed

    async def run(self) -> None:
        """Follow every feed until cancelled."""
        async with asyncio.TaskGroup() as group:
            for source in self._handlers:
                group.create_task(self._follow(source))

    async def _follow(self, source: str) -> None:
        while True:
            try:
                if not await self.once(source, WAIT_SECONDS):
                    await asyncio.sleep(PAUSE_SECONDS)
            except Unavailable:
                await asyncio.sleep(RETRY_SECONDS)
            except asyncio.CancelledError:
                raise
            except Exception:
                # The event stays unread, and nothing after it overtakes it.
                log.exception("consumer.failed", source=source)
                await asyncio.sleep(RETRY_SECONDS)

    async def once(self, source: str, wait: int = 0) -> int:
        """Fetch what is new and act on it, event by event; give how many were read."""
        types = ",".join(sorted(self._handlers[source]))
        async with self._sessions.reading() as session:
            cursor = await session.get(FeedCursor, source)
        after = cursor.position if cursor else 0
        answer = await self._services.get(
            source,
            f"/v1/{source}/events",
            {
                "after": after,
                "types": types,
                "wait": wait,
                "limit": PAGE,
            },
            timeout=wait + 10,
        )
        items = answer["items"] if answer else []
        events = [ReceivedEvent.of_feed(source, item) for item in items]
        for together in self._shared(source, events):
            await self._act(source, together)
        after = items[-1]["position"] if items else after
        if answer and answer["last_position"] > after:
            # A million events that nobody here asked for would be looked through at each call.
            async with self._sessions.begin() as session:
                await self._keep(session, source, answer["last_position"])
        return len(items)

    def _shared(
        self, source: str, events: Sequence[ReceivedEvent]
    ) -> Iterator[Sequence[ReceivedEvent]]:
        """Give the events that share a transaction: `TOGETHER`, beside those that go by set."""
        first = alone = 0
        for place, event in enumerate(events):
            alone += not isinstance(self._handlers[source][event.type], OfMany)
            if alone == TOGETHER:
                yield events[first : place + 1]
                first, alone = place + 1, 0
        if first < len(events):
            yield events[first:]

    async def _act(self, source: str, events: Sequence[ReceivedEvent]) -> None:
        """Act on events together, or, where one of them fails, on each by itself up to that one."""
        try:
            await self._act_together(source, events)
        except Exception as error:
            if len(events) == 1:
                raise
            log.warning("consumer.apart", source=source, error=type(error).__name__)
            for event in events:
                await self._act_together(source, [event])

    async def _act_together(self, source: str, events: Sequence[ReceivedEvent]) -> None:
        async with self._sessions.begin() as session:
            ids = [event.id for event in events]
            arrived = await session.scalars(ARRIVE, {"source": source, "ids": ids})
            new = frozenset(arrived)
            for handler, run in self._runs(source, [one for one in events if one.id in new]):
                if isinstance(handler, OfMany):
                    await handler.act(session, run)
                else:
                    await handler(session, run[0])
                # What the next one changes is told and hashed for itself.
                await session.run_sync(settle)
            await self._keep(session, source, events[-1].position)
        self._committed.set()

    def _runs(
        self, source: str, events: Sequence[ReceivedEvent]
    ) -> Iterator[tuple[Handler, list[ReceivedEvent]]]:
        """Give events in their order, each alone but for those that their handler takes by set."""
        run: list[ReceivedEvent] = []
        subjects: set[UUID] = set()
        for event in events:
            handler = self._handlers[source][event.type]
            apart = not isinstance(handler, OfMany) or event.subject in subjects
            if run and (apart or run[-1].type != event.type):
                yield self._handlers[source][run[0].type], run
                run, subjects = [], set()
            run.append(event)
            subjects.add(event.subject)
        if run:
            yield self._handlers[source][run[0].type], run

    async def _keep(self, session: AsyncSession, source: str, position: int) -> None:
        """Keep how far a feed was read; two replicas that follow it never go back."""
        cursor = insert(FeedCursor).values(source=source, position=position)
        furthest = func.greatest(FeedCursor.position, cursor.excluded.position)
        await session.execute(
            cursor.on_conflict_do_update(index_elements=["source"], set_={"position": furthest})
        )

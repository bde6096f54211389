"""A page of the feed, read once for everybody who stands at the same place.

Three statements give a page whoever reads it: how far the feed goes, the events, and the resources
that they only name. What each reader may see of it is told apart afterwards, by the scope that the
service gives for that reader.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, MetaData, or_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from shared.events.resources import PART, whole_parts
from shared.events.tables import Event, EventPosition

InFull = Callable[[AsyncSession, Sequence[Event]], Awaitable[frozenset[UUID]]]


@dataclass(frozen=True, slots=True)
class FeedScope:
    """Which events a caller sees: all of them, or those of some centres and some public types.

    `in_full` names those of a page whose resource the caller may read; without it, all are.
    `readable` names those of a page of which the caller may read anything but that they happened;
    without it, all are. `metadata` has the tables of resources that events only name; `events` is
    what events are read from, where what some of them tell follows from other rows.
    """

    everything: bool = False
    center_ids: frozenset[UUID] = frozenset()
    # Of these centres, what was recorded before an instant: the caller has left them since.
    former: Mapping[UUID, datetime] = field(default_factory=dict, hash=False)
    types: frozenset[str] = frozenset()
    in_full: InFull | None = None
    readable: InFull | None = None
    metadata: MetaData | None = None
    events: type[Event] = Event


@dataclass(frozen=True, slots=True)
class Wish:
    """What one reader of a page may see, and which types it wants; None is every type."""

    scope: FeedScope
    types: frozenset[str] | None = None

    def takes(self, event: Event) -> bool:
        """Tell whether an event is one that the reader sees at all."""
        scope = self.scope
        if self.types is not None and event.type not in self.types:
            return False
        if scope.everything or event.center_id in scope.center_ids or event.type in scope.types:
            return True
        until = None if event.center_id is None else scope.former.get(event.center_id)
        return until is not None and event.recorded_at < until


class Place(NamedTuple):
    """An event of a page as a reader sees it: by its row, with its resource, with its data."""

    row: int
    whole: bool
    readable: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Events with their positions, parts of those that somebody sees in full, and who sees which.

    `seen` has the places of each wish in the order of the wishes.
    """

    rows: Sequence[tuple[Event, int]]
    parts: Mapping[UUID, Mapping[str, Any]]
    seen: Sequence[Sequence[Place]]
    last_position: int


async def newest_position(session: AsyncSession) -> int:
    """Give the position of the last event, 0 before there is one."""
    statement = select(EventPosition.position).order_by(col(EventPosition.position).desc()).limit(1)
    return await session.scalar(statement) or 0


async def page_for(session: AsyncSession, wishes: Sequence[Wish], after: int, limit: int) -> Page:
    """Read at most `limit` events behind a position, for all these readers together."""
    newest = await newest_position(session)
    source = next((wish.scope.events for wish in wishes), Event)
    statement = (
        select(source, EventPosition.position)
        .join(EventPosition, col(EventPosition.event_id) == col(source.id))
        .where(col(EventPosition.position) > after, *_wanted(source, wishes))
        .order_by(col(EventPosition.position))
        .limit(limit)
    )
    rows = [(event, at) for event, at in (await session.execute(statement)).all()]
    events = [event for event, _ in rows]
    told = [event for event in events if PART in event.data]
    marked = _Marked(session, events, told)
    seen = [await marked.places(wish) for wish in wishes]
    # With a position beyond the end, this tells where the feed stands.
    last = rows[-1][1] if len(rows) == limit else newest
    last = max(last, rows[-1][1]) if rows else last
    return Page(rows, await _parts(session, wishes, events, seen), seen, last)


def _wanted(source: type[Event], wishes: Sequence[Wish]) -> list[ColumnElement[bool]]:
    """Leave out what none of the readers takes; what is left is judged for each of them."""
    scopes = [wish.scope for wish in wishes]
    wanted: list[ColumnElement[bool]] = []
    if all(wish.types is not None for wish in wishes):
        types = frozenset[str]().union(*(wish.types or () for wish in wishes))
        wanted.append(col(source.type).in_(types))
    if not any(scope.everything for scope in scopes):
        centers = frozenset[UUID]().union(
            *(scope.center_ids for scope in scopes), *(scope.former for scope in scopes)
        )
        public = frozenset[str]().union(*(scope.types for scope in scopes))
        wanted.append(or_(col(source.center_id).in_(centers), col(source.type).in_(public)))
    return wanted


class _Marked:
    """What the scopes say of a page's events; two that ask the same way are asked once."""

    def __init__(
        self, session: AsyncSession, events: Sequence[Event], told: Sequence[Event]
    ) -> None:
        self._session, self._events, self._told = session, events, told
        self._kept: dict[tuple[str, InFull | None], frozenset[UUID]] = {}

    async def places(self, wish: Wish) -> list[Place]:
        taken = [(row, event) for row, event in enumerate(self._events) if wish.takes(event)]
        if not taken:
            return []
        whole = await self._say("whole", wish.scope.in_full, self._told)
        readable = await self._say("readable", wish.scope.readable, self._events)
        return [Place(row, event.id in whole, event.id in readable) for row, event in taken]

    async def _say(self, name: str, ask: InFull | None, events: Sequence[Event]) -> frozenset[UUID]:
        if (name, ask) not in self._kept:
            if ask is None:
                self._kept[name, ask] = frozenset(event.id for event in events)
            else:
                self._kept[name, ask] = await ask(self._session, events)
        return self._kept[name, ask]


async def _parts(
    session: AsyncSession,
    wishes: Sequence[Wish],
    events: Sequence[Event],
    seen: Sequence[Sequence[Place]],
) -> dict[UUID, Mapping[str, Any]]:
    """Read the resources of what somebody sees in full, from the tables of the service."""
    rows = {place.row for places in seen for place in places if place.whole}
    metadata = next((wish.scope.metadata for wish in wishes if wish.scope.metadata), None)
    return await whole_parts(session, metadata, [events[row] for row in sorted(rows)])

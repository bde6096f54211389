"""The feed of a service's events: by position, without gaps, kept for ever."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from shared.auth.actor import Actor
from shared.events.paging import FeedScope, Page, Place, Wish, newest_position, page_for
from shared.events.resources import PART
from shared.events.tables import Event, EventPosition
from shared.http.dependencies import CurrentActor
from shared.http.problem import problems
from shared.http.route import Router, access
from shared.http.schemas import Out

MAX_WAIT_SECONDS: Final = 30
# Where nobody of this process follows what is numbered, whoever waits looks so often himself.
LOOK_SECONDS: Final = 0.5


# Who reads a feed at all; how much of it is its policy's to say.
READERS: Final = ("service", "agency", "official", "member")

# What each of some readers sees, asked at once for all of them.
FeedPolicy = Callable[[AsyncSession, Sequence[Actor]], Awaitable[Sequence[FeedScope]]]


class EventOut(Out):
    """An event in CloudEvents 1.0 form; `position` is its place in the feed."""

    specversion: str = Field(default="1.0", description="CloudEvents version.")
    id: UUID = Field(description="Names the event for ever; act once per id.")
    source: str = Field(description="The service.")
    type: str = Field(description="A noun and a past participle, such as `center.listed`.")
    subject: UUID = Field(description="What it is about.")
    time: datetime = Field(description="The programme's instant.")
    datacontenttype: str = Field(default="application/json", description="Of `data`.")
    data: dict[str, Any] = Field(
        description=(
            "What happened; person ids only, never names. Where a resource changed, and the caller "
            "may read it: the whole resource as it stands since, its kind in `resource`, and "
            "`fields_changed`; with `removed`, it is there no more."
        )
    )
    position: int = Field(description="Pass the last one as `after`.")


class FeedOut(Out):
    """A part of the feed."""

    items: list[EventOut] = Field(description="Events after the position asked for, in order.")
    last_position: int = Field(
        description=(
            "The position that this answer covers. Below the `after` that was asked, it says that "
            "the position is not of this feed."
        )
    )


@cache
def feed_router(service: str, policy: FeedPolicy) -> APIRouter:
    """Make the feed's route for a service."""
    router = Router(prefix=f"/v1/{service}/events", tags=["events"])

    @router.get(
        "",
        operation_id=f"{service.replace('-', '_')}_list_events",
        openapi_extra=access(*READERS, tenant="events of the caller's own centres"),
        responses=problems("FORBIDDEN_SCOPE"),
    )
    async def list_events(
        request: Request,
        actor: CurrentActor,
        after: Annotated[int, Query(ge=0, le=2**53, description="The last position read.")] = 0,
        types: Annotated[
            str | None, Query(max_length=2000, description="Event types, separated by commas.")
        ] = None,
        wait: Annotated[
            int, Query(ge=0, le=MAX_WAIT_SECONDS, description="Seconds to wait for news.")
        ] = 0,
        limit: Annotated[
            int,
            Query(ge=0, le=500, description="Events at most; 0 asks only how far the feed goes."),
        ] = 100,
    ) -> FeedOut:
        """Read events in order; with `wait`, hold on until there is one."""
        wanted = frozenset(types.split(",")) if types else None
        rounds = request.app.state.sequencer.rounds
        until = time.monotonic() + wait
        found = await _read(request, service, policy, actor, after, wanted, limit)
        while not _is_news(found, limit, after) and await _until_news(
            request, found, after, rounds, until
        ):
            rounds = request.app.state.sequencer.rounds
            after = max(after, found.last_position)
            found = await _read(request, service, policy, actor, after, wanted, limit)
        return found

    return router


def _is_news(found: FeedOut, limit: int, after: int) -> bool:
    """Tell whether an answer says anything: an event, or to whom wants none, that there are."""
    return bool(found.items) or (limit == 0 and found.last_position > after)


async def _until_news(
    request: Request, found: FeedOut, after: int, rounds: int, until: float
) -> bool:
    """Wait until something was numbered since `rounds`; False when the time is over.

    A caller who hangs up ends it at once: who waits costs nothing but what he holds.
    """
    sequencer = request.app.state.sequencer
    read_to = max(after, found.last_position)
    waiting = [gone := asyncio.create_task(_gone(request))]
    try:
        while (left := until - time.monotonic()) > 0 and not sequencer.stopping:
            hold = left if sequencer.watching else min(left, LOOK_SECONDS)
            waiting[1:] = [news := asyncio.create_task(sequencer.wait(hold, rounds))]
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if gone.done():
                return False
            if news.result():
                return True
            if not sequencer.watching:
                # Another replica may have numbered something: look by oneself.
                async with request.app.state.database.sessions.reading() as session:
                    position = col(EventPosition.position)
                    newest = select(EventPosition.position).where(position > read_to)
                    if await session.scalar(newest.limit(1)) is not None:
                        return True
        return False
    finally:
        for each in waiting:
            each.cancel()


async def _gone(request: Request) -> None:
    """End when the caller has hung up."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _read(
    request: Request,
    service: str,
    policy: FeedPolicy,
    actor: Actor,
    after: int,
    types: frozenset[str] | None,
    limit: int,
) -> FeedOut:
    async def ask(session: AsyncSession) -> FeedOut:
        if not limit:
            # With a position beyond the end, this tells where the feed stands.
            return FeedOut(items=[], last_position=await newest_position(session))
        [scope] = await policy(session, [actor])
        wish = Wish(scope, types)
        page = await page_for(session, [wish], after, limit)
        places = page.seen[0]
        return FeedOut(
            items=[place_out(service, page, place) for place in places],
            last_position=page.last_position,
        )

    read: FeedOut = await request.app.state.database.read(ask)
    return read


def place_out(service: str, page: Page, place: Place) -> EventOut:
    """Give an event of a page as its reader sees it."""
    event, position = page.rows[place.row]
    part = page.parts.get(event.id) if place.whole else None
    return event_out(service, event, position, part, readable=place.readable)


def event_out(
    service: str,
    event: Event,
    position: int,
    part: Mapping[str, Any] | None = None,
    *,
    readable: bool = True,
) -> EventOut:
    """Give an event as CloudEvents has it; without its part, for readers that nobody knows."""
    return EventOut(
        id=event.id,
        source=f"/v1/{service}",
        type=event.type,
        subject=event.subject_id,
        time=event.recorded_at.astimezone(UTC),
        data=laid_out(event.data, part) if readable else happened(event.data),
        position=position,
    )


def happened(data: Mapping[str, Any]) -> dict[str, Any]:
    """Give of an event's `data` who did something, and where: nothing of what was done."""
    return {name: value for name, value in data.items() if name in {"person_id", "center_id"}}


def laid_out(data: Mapping[str, Any], part: Mapping[str, Any] | None) -> dict[str, Any]:
    """Give an event's `data` flat: the resource as it stands since, over what its action told.

    `part` is what `whole_parts` gives of the resource, where the reader may read it. Who acted is
    in `actor_id` too, since a resource may name a person of its own.
    """
    told = {name: value for name, value in data.items() if name != PART}
    if part is None:
        return told
    flat = {**told, "actor_id": told["person_id"], **part["state"], "resource": part["kind"]}
    flat["fields_changed"] = part["fields_changed"]
    if part.get("removed"):
        flat["removed"] = True
    return flat

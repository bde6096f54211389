"""The feed read once for many readers, each of whom is known by a token of its own.

Who pushes events to fifty subscribers asks here once instead of fifty times. It is believed nothing
about them: every token is verified as if its owner had called, and sees what the owner would see.
"""

from collections.abc import Sequence
from functools import cache
from typing import Annotated, Final

from fastapi import APIRouter, Request
from pydantic import Field, StringConstraints
from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth import Actor, InvalidToken, KeysUnavailable
from shared.events.feed import READERS, EventOut, FeedPolicy, place_out
from shared.events.paging import Page, Place, Wish, newest_position, page_for
from shared.http.problem import Failure, problems
from shared.http.route import Router, access, completed
from shared.http.schemas import Body, Out

MOST_READERS: Final = 200
TypeName = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class ReaderIn(Body):
    """Who reads, and which types."""

    token: str = Field(max_length=8192, description="An access token of the reader's own.")
    types: list[TypeName] = Field(
        default=[], max_length=50, description="Only these; empty for every type."
    )


class ReadingIn(Body):
    """A page, and everybody who reads it."""

    after: int = Field(ge=0, le=2**53, description="The last position read.")
    limit: int = Field(ge=1, le=500, description="Events at most, over all readers together.")
    readers: list[ReaderIn] = Field(min_length=1, max_length=MOST_READERS, description="All here.")


class ReaderOut(Out):
    """What one reader sees of the page."""

    refused: bool = Field(description="Its token is not good, or not for this feed.")
    items: list[int] = Field(description="Its events, as places in the page's list.")


class ReadingOut(Out):
    """A page for many readers; who sees less of an event than another has a place of its own."""

    items: list[EventOut] = Field(description="Each event as some reader sees it, in order.")
    readers: list[ReaderOut] = Field(description="In the order asked.")
    last_position: int = Field(description="The position that this answer covers, for them all.")


@cache
def readings_router(service: str, policy: FeedPolicy) -> APIRouter:
    """Make the route by which one asks for many."""
    router = Router(prefix=f"/v1/{service}/events/readings", tags=["events"])

    @router.post(
        "",
        operation_id=f"{service.replace('-', '_')}_read_events_for_many",
        openapi_extra=access(
            "service", tenant="each reader sees what its own token lets it see", internal=True
        ),
        responses=problems("FORBIDDEN_SCOPE"),
    )
    async def read_events_for_many(request: Request, body: ReadingIn) -> ReadingOut:
        """Read a page of the feed for all these readers; nothing is changed by it."""
        actors = [await _actor_of(request, reader.token) for reader in body.readers]

        async def ask(session: AsyncSession) -> ReadingOut:
            known = [
                (actor, reader)
                for actor, reader in zip(actors, body.readers, strict=True)
                if actor is not None
            ]
            if not known:
                return _told(service, actors, None, await newest_position(session))
            scopes = await policy(session, [actor for actor, _ in known])
            wishes = [
                Wish(scope, frozenset(reader.types) or None)
                for scope, (_, reader) in zip(scopes, known, strict=True)
            ]
            page = await page_for(session, wishes, body.after, body.limit)
            return _told(service, actors, page, page.last_position)

        read: ReadingOut = await request.app.state.database.read(ask)
        return read

    return router


async def _actor_of(request: Request, token: str) -> Actor | None:
    """Give the reader behind a token; None where it would be refused at the feed itself."""
    try:
        actor = Actor.of_claims(await request.app.state.verifier.verify(token))
    except InvalidToken:
        return None
    except KeysUnavailable as error:
        raise Failure("UNAVAILABLE", {"Retry-After": "1"}, service="gateway") from error
    return await completed(request, actor) if actor.has(*READERS) else None


def _told(
    service: str, actors: Sequence[Actor | None], page: Page | None, last_position: int
) -> ReadingOut:
    """Lay a page out: each event once for each way in which somebody sees it."""
    views = sorted({place for places in page.seen for place in places}) if page else []
    numbers = {place: number for number, place in enumerate(views)}
    seen = iter(page.seen if page else ())
    places: list[Sequence[Place] | None] = [None if one is None else next(seen) for one in actors]
    return ReadingOut(
        items=[place_out(service, page, place) for place in views] if page else [],
        readers=[
            ReaderOut(refused=mine is None, items=[numbers[place] for place in mine or ()])
            for mine in places
        ],
        last_position=last_position,
    )

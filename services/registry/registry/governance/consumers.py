"""What evaluation publishes and moves a centre here: a rating may begin a rectification."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from registry.governance import actions
from registry.governance.rules import PublishedRating
from shared.auth import Actor
from shared.clock import Clock
from shared.events import Handler, ReceivedEvent

CLERK: Final = Actor.system("governance")


async def _hear(session: AsyncSession, event: ReceivedEvent, kind: str) -> None:
    if event.center_id is None:
        return
    clock: Clock = session.info["clock"]
    data = event.data
    told = PublishedRating(
        year=int(data["year"]),
        version=int(data["version"]),
        rating=str(data["rating"]),
        total=str(data["total"]),
        kind=actions.rating_kind(kind),
    )
    await actions.hear_rating(
        session,
        CLERK,
        event.center_id,
        told,
        str(data.get("result_hash") or ""),
        clock.today(),
        clock.now(),
    )


async def on_evaluation_published(session: AsyncSession, event: ReceivedEvent) -> None:
    """Keep an annual rating; one that is unqualified begins a rectification (C2)."""
    await _hear(session, event, str(event.data.get("kind") or "annual"))


async def on_assessment_published(session: AsyncSession, event: ReceivedEvent) -> None:
    """Keep a triennial rating; one that is unqualified begins a rectification (C2)."""
    await _hear(session, event, "triennial")


FROM_EVALUATION: Final[Mapping[str, Handler]] = {
    "evaluation.published": on_evaluation_published,
    "assessment.published": on_assessment_published,
}

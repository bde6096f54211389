"""What evaluation publishes and moves a centre here: a rating may begin a rectification."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.governance import actions, queries
from registry.governance.actions import Ended
from registry.governance.rules import HoldGround, News, PublishedRating, RatingKind
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
        result_id=str(event.subject),
        result_hash=str(data.get("result_hash") or ""),
    )
    await actions.hear_rating(session, CLERK, event.center_id, told, clock.today(), clock.now())


async def on_evaluation_published(session: AsyncSession, event: ReceivedEvent) -> None:
    """Keep an annual rating; one that is unqualified begins a rectification (C2)."""
    await _hear(session, event, str(event.data.get("kind") or "annual"))


async def on_assessment_published(session: AsyncSession, event: ReceivedEvent) -> None:
    """Keep a triennial rating; one that is unqualified begins a rectification (C2)."""
    await _hear(session, event, "triennial")


async def on_result_voided(session: AsyncSession, event: ReceivedEvent) -> None:
    """Let a falsified year end, hold what rests on it, and put on record who answers (X14)."""
    if event.center_id is None:
        return
    data = event.data
    news = News(
        RatingKind.ANNUAL,
        int(data["year"]),
        HoldGround.RESULT_VOIDED,
        str(data["result_hash"]),
        None if data.get("result_id") is None else UUID(data["result_id"]),
        data.get("version"),
    )
    ended = Ended(news, str(data["voids"]), event.subject, str(data["ground"]))
    clock: Clock = session.info["clock"]
    await actions.hear_ended(session, CLERK, event.center_id, ended, clock.today(), clock.now())


async def on_assessment_reopened(session: AsyncSession, event: ReceivedEvent) -> None:
    """Let a published triennial rating end, because one of its years was voided (A131)."""
    if event.center_id is None:
        return
    year = int(event.data["year"])
    kind = RatingKind.TRIENNIAL
    told = event.data.get("result_hash")
    known = await queries.hash_of_rating(session, event.center_id, kind, year)
    digest = str(told or known or event.subject)
    # Nothing has taken its place yet: the reopening itself is what the hold names.
    news = News(kind, year, HoldGround.ASSESSMENT_REOPENED, f"reopened:{digest}", event.subject)
    clock: Clock = session.info["clock"]
    await actions.hear_ended(
        session,
        CLERK,
        event.center_id,
        Ended(news, digest, event.subject),
        clock.today(),
        clock.now(),
    )


FROM_EVALUATION: Final[Mapping[str, Handler]] = {
    "evaluation.published": on_evaluation_published,
    "assessment.published": on_assessment_published,
    "result.voided": on_result_voided,
    "assessment.reopened": on_assessment_reopened,
}

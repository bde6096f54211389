"""What evaluation and the ip-ledger tell of a case, and what follows by itself (A118, A121)."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.applications import queries, rules
from registry.applications.actions.steps import enter_person, move, tell
from registry.applications.clients import CaseTold, PartTold
from registry.applications.rules import Event, HoldCause, Source
from registry.applications.tables import Application, CaseHold, Standing
from registry.programme.queries import policy_on
from shared.auth import Actor
from shared.calendar import day_of

STEP_NAMES = {
    Event.FORM_PANEL: "panel_formed",
    Event.FINISH_REVIEW: "reviewed",
    Event.SIGN_VISIT: "visited",
}


async def hear(
    session: AsyncSession, actor: Actor, application: Application, told: CaseTold, now: datetime
) -> None:
    """Keep what was told of a locked case, and take every step that follows from it.

    An event and a decision come here alike, so that no caller sees the feed's delay; what was
    heard before changes nothing.
    """
    known = await queries.standing(session, application.id)
    news = [part for part in told.parts.values() if _is_news(part, known.get(part.source))]
    await keep(session, application.id, news, now)
    for person_id, capacity in sorted(told.people):
        await enter_person(session, application.id, person_id, capacity)
    await take_steps(session, actor, application, now)


def _is_news(part: PartTold, known: Standing | None) -> bool:
    return known is None or known.digest != part.digest or known.content != dict(part.content)


async def keep(
    session: AsyncSession,
    application_id: UUID,
    parts: Iterable[PartTold],
    now: datetime,
    decision_id: UUID | None = None,
) -> None:
    """Store parts of another service's answer, with the decision taken upon them, if any."""
    session.add_all(
        Standing(
            application_id=application_id,
            source=part.source,
            source_id=part.source_id,
            source_version=part.source_version,
            digest=part.digest,
            content=dict(part.content),
            decision_id=decision_id,
            told_at=now,
        )
        for part in parts
    )
    await session.flush()


async def take_steps(
    session: AsyncSession, actor: Actor, application: Application, now: datetime
) -> None:
    """Take the steps that are due by what was told so far."""
    known = await queries.standing(session, application.id)
    contents = {source: row.content for source, row in known.items()}
    told = rules.Told.of(
        contents.get(Source.PANEL), contents.get(Source.REVIEW), contents.get(Source.SITE_VISIT)
    )
    policy = await policy_on(session, day_of(now))
    for event in rules.steps_due(policy, application.state, told):
        move(application, event, now)
        tell(session, actor, application, STEP_NAMES[event])


async def hold(
    session: AsyncSession,
    actor: Actor,
    application: Application,
    cause: HoldCause,
    source_id: UUID | None,
    now: datetime,
) -> CaseHold:
    """Put a case on hold, before its listing or after, until a reviewer has looked at it."""
    row = CaseHold(application_id=application.id, cause=cause, source_id=source_id, placed_at=now)
    session.add(row)
    tell(session, actor, application, "held", cause=cause, source_id=source_id)
    return row


async def reopen_review(
    session: AsyncSession, actor: Actor, application: Application, now: datetime
) -> None:
    """Send a case back to its experts when too few valid sheets are left."""
    if (application.state, Event.REOPEN_REVIEW) in rules.MOVES:
        move(application, Event.REOPEN_REVIEW, now)
        tell(session, actor, application, "review_reopened")

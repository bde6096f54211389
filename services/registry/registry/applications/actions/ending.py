"""How an application ends without a decision: withdrawn by its applicant, or run out of time."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.applications import queries, rules
from registry.applications.actions import candidates
from registry.applications.actions.steps import applicant_checks, move, tell
from registry.applications.rules import Event
from registry.applications.tables import Application
from registry.centers.queries import center_for_update
from registry.centers.tables import Center
from shared.auth import Actor
from shared.rules import require


async def withdraw(
    session: AsyncSession, actor: Actor, application_id: UUID, now: datetime
) -> tuple[Application, Center]:
    """Withdraw an application until its expert review begins (A117).

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE or STATE_CONFLICT.
    """
    application = await queries.application_for_update(session, actor, application_id)
    center = await center_for_update(session, application.center_id)
    require(
        [
            *applicant_checks(application, actor),
            rules.move_check(application.state, Event.WITHDRAW),
        ]
    )
    move(application, Event.WITHDRAW, now)
    tell(session, actor, application, "withdrawn")
    await candidates.end_candidate(session, actor, center, "application withdrawn", now)
    return application, center


async def expire_overdue(session: AsyncSession, actor: Actor, now: datetime) -> int:
    """End the returned applications that did not come back in time; give how many (A117)."""
    overdue = await queries.overdue(session, now)
    for application in overdue:
        move(application, Event.EXPIRE, now)
        tell(session, actor, application, "expired")
        center = await center_for_update(session, application.center_id)
        await candidates.end_candidate(session, actor, center, "application expired", now)
    return len(overdue)

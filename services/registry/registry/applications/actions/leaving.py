"""Who has confirmed goes before the listing: what was submitted is then no longer what stands."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.applications import queries, rules
from registry.applications.actions.evaluating import hold
from registry.applications.rules import HoldCause
from registry.centers.queries import center_for_update
from registry.governance import actions as governance
from registry.memberships import actions as memberships
from registry.memberships.queries import center_of_membership
from registry.memberships.tables import Membership
from shared.auth import Actor
from shared.calendar import day_of


async def step_back(
    session: AsyncSession, actor: Actor, membership_id: UUID, reason: str, now: datetime
) -> Membership:
    """Leave a candidate centre before its listing, at once and by one's own word (A049).

    Seats and votes held for it end today. A case that officials have begun to look at is held
    until its reviewer has looked again. Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE or
    STATE_CONFLICT.
    """
    center_id = await center_of_membership(session, actor, membership_id)
    # In the order in which a listing locks them: of the two at once, one sees what the other did.
    application = await queries.application_of_center(session, center_id)
    await center_for_update(session, center_id)
    membership = await memberships.step_back(session, actor, membership_id, reason, day_of(now))
    await governance.end_for(session, actor, membership)
    if application is not None and application.state in rules.UNDER_REVIEW:
        await hold(session, actor, application, HoldCause.MEMBER_STEPPED_BACK, membership.id, now)
    return membership

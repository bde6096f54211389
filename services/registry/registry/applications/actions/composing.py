"""Who is left in a centre when a member has gone, and the time it has to be a centre again."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.applications import queries, rules
from registry.centers.actions import meet_milestone, owe
from registry.centers.queries import center_for_update, lock_centers, owed
from registry.centers.rules import ACTIVE, MilestoneKind, Stage
from registry.centers.tables import Center
from registry.governance import actions as governance
from registry.governance.queries import seats_on, votes
from registry.governance.rules import (
    BodyKind,
    Organ,
    committee_checks,
    decision_body_checks,
    last_working_day,
    vote_checks,
)
from registry.memberships import actions as memberships
from registry.memberships.queries import centers_left_before, open_memberships, outlived
from registry.memberships.rules import JOINED
from registry.organizations.queries import organizations_of
from registry.programme.queries import policy_on, working_days
from shared.auth import Actor
from shared.calendar import day_of
from shared.events import record
from shared.rules import Check, Kind


async def end_memberships(session: AsyncSession, actor: Actor, now: datetime) -> int:
    """End the memberships whose last day is over, with all that hangs on them; give how many.

    Seats and votes end, and each centre is judged again, in the same transaction (A049).
    """
    today = day_of(now)
    # Centres first, then members, as a change of stage does: else each waits for the other.
    center_ids = await centers_left_before(session, today)
    await lock_centers(session, center_ids)
    ended = await memberships.end_notices(session, actor, center_ids, today)
    for membership in ended:
        await governance.end_for(session, actor, membership)
    await session.flush()
    for center_id in sorted({membership.center_id for membership in ended}):
        await judge_again(session, actor, center_id, now)
    return len(ended)


async def end_outlived(session: AsyncSession, actor: Actor, limit: int) -> int:
    """End what still stands of centres that have ended, as of the day on which each did (C2).

    An end brings all this with it; what ended before it did is found here. Gives how many centres.
    """
    ended = await outlived(session, limit)
    for center_id, stage, ended_at in ended:
        await center_for_update(session, center_id)
        reason = f"center {stage.value}"
        await governance.end_center(session, actor, center_id, day_of(ended_at), reason)
        await memberships.announce(session, actor, center_id)
    return len(ended)


async def mend_compositions(session: AsyncSession, actor: Actor, now: datetime) -> int:
    """Judge the centres that owe their composition, and those with a member that is barred now.

    Gives how many have cured what they owed.
    """
    owing = await queries.owing_composition(session)
    barred = await queries.newly_barred(session, day_of(now))
    cured = 0
    for center_id in (*owing, *barred):
        cured += await judge_again(session, actor, center_id, now)
    return cured


async def judge_again(session: AsyncSession, actor: Actor, center_id: UUID, now: datetime) -> bool:
    """Enter a time to cure where the members or bodies no longer do, or close it when they do.

    Tells whether something that was owed is cured.
    """
    center = await center_for_update(session, center_id)
    if center.stage not in ACTIVE:
        return False
    today = day_of(now)
    failed = [check for check in await standing_checks(session, center, today) if check.refuses]
    if not failed:
        met = await meet_milestone(session, actor, center_id, MilestoneKind.COMPOSITION, today)
        return met is not None
    if await owed(session, center_id, (MilestoneKind.COMPOSITION,)):
        return False
    policy = await policy_on(session, today)
    due = today + timedelta(days=policy.value("A049", "cure_days"))
    due_on = last_working_day(await working_days(session), due)
    owe(session, actor, center_id, MilestoneKind.COMPOSITION, due_on, now)
    record(
        session,
        actor,
        "center.composition_broken",
        center_id,
        center_id=center_id,
        due_on=due_on,
        failed=[{"code": check.code, "rule": check.rule, **check.params} for check in failed],
    )
    return False


async def standing_checks(session: AsyncSession, center: Center, today: date) -> Sequence[Check]:
    """Judge whether a centre's members make up its model, and from the pilot on its bodies too."""
    policy = await policy_on(session, today)
    members = [row for row in await open_memberships(session, center.id) if row.state in JOINED]
    organizations = await organizations_of(session, {row.org_id for row in members})
    parties = [queries.party_of(organizations[row.org_id], row) for row in members]
    checks = [
        *rules.composition_checks(policy, center.model_type, parties),
        *rules.honesty_checks(policy, parties, None, today),
    ]
    if center.stage is Stage.PREPARING:
        return checks  # Its bodies are still to be formed; the gate to the pilot judges them.
    seats = await seats_on(session, center.id, today)
    shares = await votes(session, center.id, Organ.SHAREHOLDERS)
    return [
        *checks,
        *decision_body_checks(policy, seats[BodyKind.DECISION], {row.org_id for row in members}),
        *committee_checks(policy, seats[BodyKind.TECHNICAL_COMMITTEE]),
        *vote_checks([row.share_ppm for row in shares], Kind.STATE),
    ]

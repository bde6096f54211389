"""Proposing duties, agreeing to them, refusing them, and ending them."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.duties import queries, rules
from gateway.duties.tables import DutyGrant
from gateway.identity import queries as identities
from gateway.identity.tables import RoleGrant
from gateway.revocations.actions import revoke
from shared.auth import Actor
from shared.clock import Clock
from shared.events.recording import record
from shared.rules import require


async def propose(
    session: AsyncSession, actor: Actor, proposal: rules.Proposal, reason: str
) -> DutyGrant:
    """Propose duties for an official, or lend one's own.

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, SOD_VIOLATION, FIELD_INVALID, FIELD_MISSING,
    OFFICIAL_REQUIRED or DUTY_HELD.
    """
    clock: Clock = session.info["clock"]
    person = await identities.person_for_update(session, proposal.person_id)
    held = await identities.open_capacities(session, person.id, None)
    require(
        rules.proposal_checks(
            proposal,
            proposer=actor.person_id,
            held_by_proposer=actor.capacities,
            held_by_person=held,
            today=clock.today(),
        )
    )
    grant = DutyGrant(
        person_id=person.id,
        duties=sorted(duty.value for duty in proposal.duties),
        first_on=proposal.first_on,
        until_on=proposal.until_on,
        lent=proposal.lent,
        reason=reason,
        proposed_by=actor.person_id,
        proposed_at=datetime.now(UTC),
    )
    session.add(grant)
    record(
        session, actor, "duty_grant.proposed", grant.id, for_person_id=person.id,
        duties=grant.duties, lent=grant.lent,
    )  # fmt: skip
    return grant


async def confirm(session: AsyncSession, actor: Actor, grant_id: UUID) -> DutyGrant:
    """Agree to a proposal: the duties hold over its days.

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION or STATE_CONFLICT.
    """
    grant = await _decided(session, actor, grant_id, rules.GrantEvent.CONFIRM)
    held = await identities.open_capacities(session, grant.person_id, None)
    fresh = {*grant.duties, rules.OFFICIAL} - held
    session.add_all(
        RoleGrant(
            person_id=grant.person_id,
            capacity=capacity,
            granted_by=grant.proposed_by,
            granted_on=grant.first_on,
            granted_until=grant.until_on,
            duty_grant_id=grant.id,
        )
        for capacity in sorted(fresh)
    )
    record(
        session, actor, "duty_grant.confirmed", grant.id, for_person_id=grant.person_id,
        duties=grant.duties,
    )  # fmt: skip
    return grant


async def refuse(session: AsyncSession, actor: Actor, grant_id: UUID, reason: str) -> DutyGrant:
    """Refuse a proposal.

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION or STATE_CONFLICT.
    """
    grant = await _decided(session, actor, grant_id, rules.GrantEvent.REFUSE)
    record(session, actor, "duty_grant.refused", grant.id, reason=reason)
    return grant


async def end(session: AsyncSession, actor: Actor, grant_id: UUID, reason: str) -> DutyGrant:
    """End what a grant gave, from today on; its person's tokens end with it.

    Raises `Refused`: NOT_FOUND or STATE_CONFLICT.
    """
    grant = await queries.grant_for_update(session, actor, grant_id)
    require(rules.end_checks(grant.state))
    clock: Clock = session.info["clock"]
    # The day before it began, for what has not lasted a day.
    yesterday = clock.today() - timedelta(days=1)
    for role in await queries.roles_under(session, grant.id):
        last = max(yesterday, role.granted_on - timedelta(days=1))
        role.granted_until = last if role.granted_until is None else min(last, role.granted_until)
    grant.state = rules.MOVES[grant.state, rules.GrantEvent.END]
    grant.ended_by, grant.ended_at = actor.person_id, datetime.now(UTC)
    await revoke(session, "person", str(grant.person_id))
    record(
        session, actor, "duty_grant.ended", grant.id, reason=reason,
        for_person_id=grant.person_id, duties=grant.duties,
    )  # fmt: skip
    return grant


async def _decided(
    session: AsyncSession, actor: Actor, grant_id: UUID, event: rules.GrantEvent
) -> DutyGrant:
    # The lock makes check and change one step: a second decision waits, then is refused.
    grant = await queries.grant_for_update(session, actor, grant_id)
    require(
        rules.decision_checks(
            grant.state,
            event,
            proposer=grant.proposed_by,
            person=grant.person_id,
            deciding=actor.person_id,
        )
    )
    grant.state = rules.MOVES[grant.state, event]
    grant.decided_by, grant.decided_at = actor.person_id, datetime.now(UTC)
    return grant

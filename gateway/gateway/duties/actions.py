"""Proposing duties, agreeing to them, refusing them, and ending them."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.duties import queries, rules
from gateway.duties.tables import DutyGrant
from gateway.identity import actions as identity
from gateway.identity import queries as identities
from gateway.identity.rules import Duty
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
    borrowed = await queries.borrowed(session, actor.person_id, clock.today())
    require(
        rules.proposal_checks(
            proposal,
            proposer=actor.person_id,
            held_by_proposer=actor.capacities - borrowed,
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


async def end(
    session: AsyncSession, actor: Actor, grant_id: UUID, reason: str, *, least_admins: int
) -> DutyGrant:
    """End what a grant gave, from today on, and what its person lent of it; tokens end with it.

    Raises `Refused`: NOT_FOUND, STATE_CONFLICT or ADMINS_TOO_FEW.
    """
    clock: Clock = session.info["clock"]
    # First, here and where a person leaves: locks are taken in one order.
    admins = await queries.lasting_admins(session, clock.today())
    grant = await queries.grant_for_update(session, actor, grant_id)
    roles = await queries.roles_under(session, grant.id)
    ends_admin = any(role.capacity == Duty.ADMIN and role.granted_until is None for role in roles)
    others = len(admins - {grant.person_id})
    require(rules.end_checks(grant.state, ends_admin=ends_admin, others=others, least=least_admins))
    await _end(session, actor, grant, reason)
    left = await identities.capacities_on(session, grant.person_id, clock.today())
    # Nobody passes on what he has no more.
    for lent in await queries.lent_by(session, grant.person_id, set(grant.duties) - left):
        await _end(session, actor, lent, reason)
    return grant


async def end_all(session: AsyncSession, actor: Actor, person_id: UUID, reason: str) -> None:
    """End every grant and proposal for a person, and all that he lent."""
    for grant in await queries.lasting_grants(session, person_id):
        await _end(session, actor, grant, reason)


async def _end(session: AsyncSession, actor: Actor, grant: DutyGrant, reason: str) -> None:
    await identity.end_roles(session, await queries.roles_under(session, grant.id))
    grant.state = rules.MOVES[grant.state, rules.GrantEvent.END]
    grant.ended_by, grant.ended_at = actor.person_id, datetime.now(UTC)
    await revoke(session, "person", str(grant.person_id))
    record(
        session, actor, "duty_grant.ended", grant.id, reason=reason,
        for_person_id=grant.person_id, duties=grant.duties,
    )  # fmt: skip


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

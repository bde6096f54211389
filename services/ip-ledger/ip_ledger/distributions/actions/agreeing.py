"""Confirming, approving and giving up a run."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ip_ledger import tenancy
from ip_ledger.distributions import queries, rules
from ip_ledger.distributions.actions.common import (
    leading_checks,
    note,
    release,
    standing_of,
    step_checks,
)
from ip_ledger.distributions.rules import Event
from ip_ledger.distributions.tables import (
    DistributionConfirmation,
    DistributionRun,
)
from shared.auth import Actor
from shared.clock import Clock
from shared.rules import Kind, found, require


async def confirm(
    session: AsyncSession, actor: Actor, run_id: UUID, plan_hash: str, owner_id: UUID | None
) -> DistributionRun:
    """Agree to a plan for the actor's own organization; the last owner moves the run on (A086).

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, STATE_CONFLICT, ALREADY_EXISTS, STALE_INPUT or
    CONSORTIUM_NOT_REGISTERED.
    """
    run = await queries.run_for_update(session, actor, run_id)
    owners = await _owners(session, run)
    confirmed = {row.owner_id for row in await queries.confirmations_of(session, [run.id])}
    named = tenancy.speaking_as(actor, owners, confirmed) if owner_id is None else owner_id
    own = named if named in actor.org_ids else None
    require(
        [
            *rules.confirmation_checks(own, owners),
            rules.SHARING.check(
                "ALREADY_EXISTS", Kind.STATE, passed=own not in confirmed, key=str(own)
            ),
            *rules.input_checks(plan_hash, run.plan_hash),
            *await step_checks(session, run, Event.CONFIRM),
        ]
    )
    own = found(own)
    clock: Clock = session.info["clock"]
    session.add(
        DistributionConfirmation(
            run_id=run.id,
            owner_id=own,
            plan_hash=plan_hash,
            confirmed_by=actor.person_id,
            confirmed_at=clock.now(),
        )
    )
    before = standing_of(run)
    if owners <= {*confirmed, own}:
        run.state = rules.MOVES[run.state, Event.CONFIRM]
    run.version += 1
    note(session, actor, run, "confirmed", "owner", before=before, owner_id=own)
    return run


async def approve(session: AsyncSession, actor: Actor, run_id: UUID) -> DistributionRun:
    """Approve a run that all owners confirmed and somebody else drafted (X03).

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, SOD_VIOLATION, STATE_CONFLICT, STALE_INPUT or
    CONSORTIUM_NOT_REGISTERED.
    """
    run = await queries.run_for_update(session, actor, run_id)
    require(
        [
            *await leading_checks(session, actor, run.center_id),
            *rules.approval_checks(run.drafted_by, actor.person_id),
            *await step_checks(session, run, Event.APPROVE),
        ]
    )
    clock: Clock = session.info["clock"]
    before = standing_of(run)
    run.state = rules.MOVES[run.state, Event.APPROVE]
    run.version += 1
    run.approved_by = actor.person_id
    run.approved_at = clock.now()
    note(session, actor, run, "approved", "approver", before=before)
    return run


async def cancel(session: AsyncSession, actor: Actor, run_id: UUID) -> DistributionRun:
    """Give up a run that is not paid, so that its income can be shared out by another one.

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE or STATE_CONFLICT.
    """
    run = await queries.run_for_update(session, actor, run_id)
    require(
        [
            *await leading_checks(session, actor, run.center_id),
            *rules.state_checks(run.state, Event.CANCEL),
        ]
    )
    before = standing_of(run)
    run.state = rules.MOVES[run.state, Event.CANCEL]
    run.version += 1
    await release(session, run)
    note(session, actor, run, "cancelled", "drafter", before=before)
    return run


async def _owners(session: AsyncSession, run: DistributionRun) -> set[UUID]:
    return {line.payee_id for line in await queries.lines_of(session, [run.id]) if line.ppm}

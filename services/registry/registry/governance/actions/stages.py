"""Moving a centre from stage to stage, when everything that the stage asks for stands."""

from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from registry.centers.actions import enter_stage
from registry.centers.rules import AgreementFacts, Stage, stage_scope_checks
from registry.centers.tables import Center
from registry.governance import queries, rules
from registry.governance.rules import Organ, PilotFacts
from registry.memberships.actions import announce
from registry.memberships.queries import joined_ids
from registry.programme.queries import policy_on
from shared.auth import Actor
from shared.rules import Check, require


async def pilot_facts(
    session: AsyncSession, center: Center, agreement: AgreementFacts, today: date
) -> PilotFacts:
    """Gather what the gate to the pilot stage looks at; the agreement was asked for before."""
    plan = await queries.filed_plan(session, center.id)
    votes = await queries.votes(session, center.id, Organ.SHAREHOLDERS)
    return PilotFacts(
        entity_id=center.legal_entity_id,
        seats=await queries.seats_on(session, center.id, today),
        member_ids=frozenset(await joined_ids(session, center.id)),
        votes_ppm=tuple(vote.share_ppm for vote in votes),
        plan_parts=None if plan is None else frozenset(part["part"] for part in plan.parts),
        plan_adopted=plan is not None and plan.approved_resolution_id is not None,
        agreement=agreement,
    )


async def stage_checks(
    session: AsyncSession, center: Center, target: Stage, agreement: AgreementFacts, today: date
) -> list[Check]:
    """Give every check of a step to another stage, passed or not."""
    policy = await policy_on(session, today)
    facts = await pilot_facts(session, center, agreement, today)
    return rules.stage_checks(policy, center.stage, target, center.came_from, facts)


async def change_stage(
    session: AsyncSession,
    actor: Actor,
    center: Center,
    target: Stage,
    reason: str,
    *,
    agreement: AgreementFacts,
    today: date,
    now: datetime,
) -> list[Check]:
    """Move a locked centre to another stage and give the warnings.

    Raises `Refused` with everything that is missing.
    """
    own = [center.lead_sponsor_id, center.legal_entity_id, center.trustee_org_id]
    warnings = require(
        [
            *stage_scope_checks(target, actor.org_id, own, is_approver=actor.has("approver")),
            *await stage_checks(session, center, target, agreement, today),
        ]
    )
    enter_stage(session, actor, center, target, reason, now)
    await session.flush()
    await announce(session, actor, center.id)
    return warnings

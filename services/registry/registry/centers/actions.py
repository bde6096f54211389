"""What happens to centres."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.centers import queries, rules
from registry.centers.rules import ApplicantForm, ModelType, Stage
from registry.centers.tables import Center, StageChange
from registry.directory.actions import announce_center
from registry.memberships import actions as memberships
from registry.memberships.rules import MembershipRole
from registry.memberships.tables import Membership
from registry.organizations.rules import ChainPosition
from shared.auth import Actor
from shared.events import record
from shared.rules import require


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a draft says of the centre that it applies for."""

    name: str
    model_type: ModelType
    applicant_form: ApplicantForm
    field_codes: Sequence[str]
    lead_sponsor_id: UUID
    legal_entity_id: UUID | None
    entity_due_on: date | None


async def found_candidate(
    session: AsyncSession, actor: Actor, candidate: Candidate, now: datetime
) -> Center:
    """Enter a candidate centre, with its lead sponsor as first member and, if need be, trustee."""
    center = Center(
        name=candidate.name,
        model_type=candidate.model_type,
        applicant_form=candidate.applicant_form,
        field_codes=list(candidate.field_codes),
        lead_sponsor_id=candidate.lead_sponsor_id,
        legal_entity_id=candidate.legal_entity_id,
        trustee_org_id=_trustee(candidate),
        entity_due_on=candidate.entity_due_on,
        created_at=now,
    )
    session.add(center)
    await session.flush()
    await memberships.place_lead(session, actor, center.id, center.lead_sponsor_id, now)
    await announce_center(session, actor, center.id)
    return center


async def change_candidate(
    session: AsyncSession, actor: Actor, center: Center, candidate: Candidate
) -> None:
    """Change what a draft says of its candidate centre; the lead sponsor stays."""
    center.name = candidate.name
    center.model_type = candidate.model_type
    center.applicant_form = candidate.applicant_form
    center.field_codes = list(candidate.field_codes)
    center.legal_entity_id = candidate.legal_entity_id
    center.trustee_org_id = _trustee(candidate)
    center.entity_due_on = candidate.entity_due_on
    center.version += 1
    await session.flush()
    await announce_center(session, actor, center.id)


def _trustee(candidate: Candidate) -> UUID | None:
    # Without a legal person of its own, a centre holds rights through a member (A052).
    if candidate.applicant_form is ApplicantForm.CONSORTIUM:
        return candidate.lead_sponsor_id
    return None


async def list_center(
    session: AsyncSession, actor: Actor, center: Center, doc_no: str, today: date, now: datetime
) -> None:
    """Enter a centre in the pilot list: its code, its day, its members' first day (A122)."""
    center.code = rules.center_code(await queries.next_number(session, "center"))
    center.listed_on = today
    center.listing_doc_no = doc_no
    enter_stage(session, actor, center, Stage.PREPARING, doc_no, now)
    await memberships.activate_all(session, actor, center.id, today)
    record(
        session,
        actor,
        "center.listed",
        center.id,
        center_id=center.id,
        code=center.code,
        listed_on=today,
        doc_no=doc_no,
        model_type=center.model_type,
        field_codes=center.field_codes,
    )
    await session.flush()
    await announce_center(session, actor, center.id)


async def invite_to_listed(
    session: AsyncSession,
    actor: Actor,
    center_id: UUID,
    *,
    org_id: UUID,
    role: MembershipRole,
    chain_position: ChainPosition | None,
    today: date,
    now: datetime,
) -> Membership:
    """Invite an organization to a listed centre, as its lead sponsor or legal entity (A049).

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, DISHONEST_ORG or STATE_CONFLICT.
    """
    center = await queries.center_seen_for_update(session, actor, center_id)
    require(
        [
            *rules.scope_checks(actor.org_id, [center.lead_sponsor_id, center.legal_entity_id]),
            *rules.active_checks(center.stage),
        ]
    )
    return await memberships.invite(
        session,
        actor,
        center_id=center.id,
        inviter_id=center.lead_sponsor_id,
        org_id=org_id,
        role=role,
        chain_position=chain_position,
        now=now,
        today=today,
        to_listed=True,
    )


async def end_candidate(
    session: AsyncSession, actor: Actor, center: Center, reason: str, now: datetime
) -> None:
    """Close a candidate whose application has ended; a new application founds a new one."""
    await memberships.close_all(session, actor, center.id)
    enter_stage(session, actor, center, Stage.DISSOLVED, reason, now)
    await session.flush()
    await announce_center(session, actor, center.id)


def enter_stage(
    session: AsyncSession, actor: Actor, center: Center, stage: Stage, reason: str, now: datetime
) -> None:
    """Put a centre into a stage that the caller has checked, and keep where it came from."""
    session.add(
        StageChange(
            center_id=center.id,
            from_stage=center.stage,
            to_stage=stage,
            reason=reason,
            person_id=actor.person_id,
            at=now,
        )
    )
    record(
        session,
        actor,
        "center.stage_changed",
        center.id,
        center_id=center.id,
        reason=reason,
        before=center.stage,
        after=stage,
        from_stage=center.stage,
        to_stage=stage,
    )
    side = stage in {Stage.RECTIFYING, Stage.SUSPENDED}
    center.came_from = center.stage if side else None
    center.stage = stage
    center.version += 1

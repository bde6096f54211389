"""The candidate centre of an application: founded, changed, listed, or closed with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.centers.actions import enter_stage
from registry.centers.queries import next_number
from registry.centers.rules import ApplicantForm, ModelType, Stage, center_code
from registry.centers.tables import Center
from registry.governance import actions as governance
from registry.memberships import actions as memberships
from shared.auth import Actor
from shared.calendar import day_of
from shared.events import record


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
    await memberships.announce(session, actor, center.id)
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
    await memberships.announce(session, actor, center.id)


def _trustee(candidate: Candidate) -> UUID | None:
    # Without a legal person of its own, a centre holds rights through a member (A052).
    if candidate.applicant_form is ApplicantForm.CONSORTIUM:
        return candidate.lead_sponsor_id
    return None


async def list_center(
    session: AsyncSession, actor: Actor, center: Center, doc_no: str, today: date, now: datetime
) -> None:
    """Enter a centre in the pilot list: its code, its day, its members' first day (A122)."""
    center.code = center_code(await next_number(session, "center"))
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
    await memberships.announce(session, actor, center.id)


async def end_candidate(
    session: AsyncSession, actor: Actor, center: Center, reason: str, now: datetime
) -> None:
    """Close a candidate whose application has ended; a new application founds a new one."""
    await governance.end_center(session, actor, center.id, day_of(now), reason)
    enter_stage(session, actor, center, Stage.DISSOLVED, reason, now)
    await session.flush()
    await memberships.announce(session, actor, center.id)

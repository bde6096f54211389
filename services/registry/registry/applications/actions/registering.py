"""A consortium registers its legal person, some time after its listing (A053)."""

from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.applications import queries, rules
from registry.centers.actions import meet_milestone
from registry.centers.queries import center_seen_for_update, is_taken
from registry.centers.rules import MilestoneKind, attachment_checks, scope_checks
from registry.centers.tables import Center
from registry.entities.queries import is_given
from registry.entities.rules import consent_checks
from registry.memberships.actions import announce
from registry.memberships.rules import honesty_check
from registry.organizations.queries import organization_by_uscc
from registry.programme.queries import policy_on
from shared.auth import Actor
from shared.codes import uscc
from shared.events import record
from shared.rules import found, require


async def attach_entity(
    session: AsyncSession, actor: Actor, center_id: UUID, code: str, today: date
) -> Center:
    """Attach the legal person that a consortium has registered, by its credit code.

    The rules of A051 are judged as of today; the centre keeps its id, code, members and history.
    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, USCC_FORMAT, USCC_CHECK_DIGIT, ENTITY_NOT_LOCAL,
    ENTITY_AGE_EXCEEDED, LEGAL_PERSON_REQUIRED, DISHONEST_ORG, ENTITY_TAKEN,
    ENTITY_CONSENT_MISSING or STATE_CONFLICT.
    """
    center = await center_seen_for_update(session, actor, center_id)
    require(
        [
            *scope_checks(actor.org_for(center.lead_sponsor_id), [center.lead_sponsor_id]),
            *uscc.uscc_checks(code, pointer="/uscc"),
        ]
    )
    entity = queries.party_of(found(await organization_by_uscc(session, code)))
    policy = await policy_on(session, today)
    until = entity.dishonest_until
    require(
        [
            *rules.entity_checks(policy, entity, today, strict=True, exception=None),
            honesty_check(policy, entity.org_id, until, today, "/uscc", as_sponsor=True),
            *attachment_checks(center.applicant_form, center.stage, center.legal_entity_id),
            rules.single_check(
                taken=await is_taken(session, entity.org_id, center.id), pointer="/uscc"
            ),
            *consent_checks(
                entity.org_id,
                center.lead_sponsor_id,
                given=await is_given(session, center.id, entity.org_id),
                pointer="/uscc",
            ),
        ]
    )
    before = {"legal_entity_id": center.legal_entity_id, "met_on": center.entity_met_on}
    center.legal_entity_id = entity.org_id
    center.entity_met_on = today
    center.version += 1
    record(
        session,
        actor,
        "center.entity_attached",
        center.id,
        center_id=center.id,
        before=before,
        after={"legal_entity_id": entity.org_id, "met_on": today},
        legal_entity_id=entity.org_id,
        due_on=center.entity_due_on,
        met_on=today,
    )
    await meet_milestone(session, actor, center.id, MilestoneKind.ENTITY_REGISTRATION, today)
    await announce(session, actor, center.id)
    return center


async def name_milestone(
    session: AsyncSession, actor: Actor, center_id: UUID, due_on: date, today: date
) -> Center:
    """Name the last day on which a consortium registers its legal person (A053).

    A draft says so itself; what was submitted without it is not sent back for this alone. Of a
    listed centre the clerk enters what is owed. Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE,
    FIELD_INVALID or STATE_CONFLICT.
    """
    # A case is locked before its centre, as everywhere.
    application = await queries.application_of_center(session, center_id)
    center = await center_seen_for_update(session, actor, center_id)
    before = center.entity_due_on
    require(
        [
            *scope_checks(actor.org_for(center.lead_sponsor_id), [center.lead_sponsor_id]),
            *rules.milestone_checks(
                center.applicant_form,
                center.stage,
                has_entity=center.legal_entity_id is not None,
                known=before,
                due_on=due_on,
                today=today,
            ),
        ]
    )
    center.entity_due_on = due_on
    center.version += 1
    if application is not None:
        application.version += 1
    record(
        session,
        actor,
        "center.milestone_named",
        center.id,
        center_id=center.id,
        before={"entity_due_on": before},
        after={"entity_due_on": due_on},
        due_on=due_on,
    )
    return center

"""A legal person gives its consent to carry a centre, and takes it back."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.centers.queries import center_seen_for_update
from registry.entities import queries, rules
from registry.entities.tables import EntityConsent
from shared.auth import Actor
from shared.events import record
from shared.rules import found, require


async def give_consent(
    session: AsyncSession, actor: Actor, center_id: UUID, now: datetime
) -> EntityConsent:
    """Agree, for one's own organization, to be a centre's legal person (A160).

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE or STATE_CONFLICT.
    """
    # The centre's lock keeps its draft from naming another one meanwhile.
    center = await center_seen_for_update(session, actor, center_id)
    org_id = actor.org_for(center.legal_entity_id)
    require(
        rules.giving_checks(
            asked=rules.is_asked(
                org_id, center.legal_entity_id, center.applicant_form, center.stage
            ),
            already_given=await queries.is_given(session, center.id, org_id),
        )
    )
    consent = EntityConsent(
        center_id=center.id, org_id=found(org_id), given_by=actor.person_id, given_at=now
    )
    session.add(consent)
    await session.flush()
    record(session, actor, "entity_consent.given", consent.id, center_id=center.id,
           org_id=consent.org_id)  # fmt: skip
    return consent


async def withdraw_consent(
    session: AsyncSession, actor: Actor, center_id: UUID, consent_id: UUID, now: datetime
) -> EntityConsent:
    """Take a consent back before anything is built on it.

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE or STATE_CONFLICT.
    """
    # Submission and attachment lock the centre too: whichever comes first, the other sees it.
    center = await center_seen_for_update(session, actor, center_id)
    consent = await queries.consent_for_update(session, center.id, consent_id)
    carries = center.legal_entity_id == consent.org_id
    submitted = center.disclosed_at is not None or center.listed_on is not None
    require(
        rules.withdrawal_checks(
            consent.org_id,
            actor.org_for(consent.org_id),
            stands=consent.withdrawn_at is None,
            relied_on=carries and submitted,
        )
    )
    consent.withdrawn_by = actor.person_id
    consent.withdrawn_at = now
    await session.flush()
    record(session, actor, "entity_consent.withdrawn", consent.id, center_id=center.id,
           org_id=consent.org_id)  # fmt: skip
    return consent

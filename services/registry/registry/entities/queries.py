"""What is read of the consents of legal persons."""

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import exists
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from registry.centers.rules import ApplicantForm, Stage
from registry.centers.tables import Center
from registry.entities.rules import GIVE
from registry.entities.tables import EntityConsent
from shared.auth import Actor
from shared.rules import found
from shared.tasks import MOST_TASKS, Task


def consents(center_id: UUID) -> SelectOfScalar[EntityConsent]:
    """Select the consents to carry a centre, withdrawn ones included."""
    return select(EntityConsent).where(col(EntityConsent.center_id) == center_id)


async def standing_consents(
    session: AsyncSession, center_id: UUID, org_id: UUID | None
) -> Sequence[EntityConsent]:
    """Give an organization's consent to carry a centre, as long as it stands: one or none."""
    statement = consents(center_id).where(
        col(EntityConsent.org_id) == org_id, col(EntityConsent.withdrawn_at).is_(None)
    )
    return (await session.scalars(statement)).all()


def agreed_by(org_ids: Collection[UUID]) -> SelectOfScalar[UUID]:
    """Select the ids of the centres that one of these organizations agreed to carry."""
    return select(EntityConsent.center_id).where(
        col(EntityConsent.org_id).in_(org_ids), col(EntityConsent.withdrawn_at).is_(None)
    )


async def is_given(session: AsyncSession, center_id: UUID, org_id: UUID | None) -> bool:
    """Tell whether an organization's consent to carry a centre stands."""
    return bool(await standing_consents(session, center_id, org_id))


async def consent_for_update(
    session: AsyncSession, center_id: UUID, consent_id: UUID
) -> EntityConsent:
    """Load and lock a consent to carry a centre."""
    statement = consents(center_id).where(col(EntityConsent.id) == consent_id)
    return found(await session.scalar(statement.with_for_update()))


async def tasks_of(session: AsyncSession, actor: Actor, today: date) -> list[Task]:
    """Name the candidate centres that wait for the word of this legal person."""
    del today  # An application has its days, a consent has none.
    if not actor.has("member"):
        return []
    given = exists().where(
        col(EntityConsent.center_id) == col(Center.id),
        col(EntityConsent.org_id) == col(Center.legal_entity_id),
        col(EntityConsent.withdrawn_at).is_(None),
    )
    statement = (
        select(Center.id)
        .where(
            col(Center.legal_entity_id).in_(actor.org_ids),
            col(Center.lead_sponsor_id) != col(Center.legal_entity_id),
            col(Center.applicant_form) == ApplicantForm.LEGAL_ENTITY,
            col(Center.stage) == Stage.CANDIDATE,
            ~given,
        )
        .limit(MOST_TASKS)
    )
    return [Task(GIVE, id_, center_id=id_) for id_ in await session.scalars(statement)]

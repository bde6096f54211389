"""What is read of divided benefits, and who may see them: who shared, the centre, officials."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import and_, exists, func, or_, true
from sqlalchemy import select as rows_of
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from ip_ledger import tenancy
from ip_ledger.agreements.tables import AgreementParty
from ip_ledger.benefits.tables import BenefitDivision
from shared.auth import Actor
from shared.directory import TAKING_PART, DirectoryCenter, DirectoryMembership, ended_on
from shared.rules import found


def visible_divisions(actor: Actor, center_id: UUID | None) -> SelectOfScalar[BenefitDivision]:
    """Give the select of the divided benefits that the actor may see."""
    statement = select(BenefitDivision)
    if not actor.is_official:
        acting = exists().where(
            col(DirectoryCenter.id) == col(BenefitDivision.center_id),
            tenancy.acts_for(actor.org_ids),
        )
        party = exists().where(
            col(AgreementParty.agreement_id) == col(BenefitDivision.agreement_id),
            col(AgreementParty.org_id).in_(actor.org_ids),
        )
        statement = statement.where(or_(acting, party) if actor.org_ids else ~true())
    if center_id is not None:
        statement = statement.where(col(BenefitDivision.center_id) == center_id)
    return statement


async def last_days(
    session: AsyncSession, center_id: UUID, org_ids: Sequence[UUID]
) -> dict[UUID, date]:
    """Give the last days of those of some organizations that are no members of a centre any more.

    Who left and came back is a member, and who is only invited again is none; who has given notice
    is one until its last day. Who was one until the centre itself ended shares in what is settled
    afterwards: the end of all is nobody's exit.
    """
    row = DirectoryMembership
    stays = and_(col(row.left_on).is_(None), col(row.state).in_(TAKING_PART))
    latest = (
        rows_of(col(row.org_id), func.max(col(row.left_on)))
        .where(col(row.center_id) == center_id, col(row.org_id).in_(org_ids))
        .group_by(col(row.org_id))
        .having(~func.bool_or(stays))
    )
    end = await session.scalar(ended_on(center_id))
    return {
        org_id: last
        for org_id, last in await session.execute(latest)
        if last is not None and last != end
    }


async def is_known(session: AsyncSession, center_id: UUID, external_id: str) -> bool:
    """Tell whether a pool of this reference has been divided, and still is."""
    statement = rows_of(col(BenefitDivision.id)).where(
        col(BenefitDivision.center_id) == center_id,
        col(BenefitDivision.external_id) == external_id,
        col(BenefitDivision.undone_at).is_(None),
    )
    return await session.scalar(statement) is not None


async def visible_division(
    session: AsyncSession, actor: Actor, division_id: UUID
) -> BenefitDivision:
    """Give a divided pool that the actor may see, else NOT_FOUND."""
    statement = visible_divisions(actor, None).where(col(BenefitDivision.id) == division_id)
    return found(await session.scalar(statement))

"""What is read of losses, and who may see them: officials, the centre, and who bears them."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import ColumnElement, exists, false, or_, true
from sqlalchemy import select as rows_of
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from ip_ledger import tenancy
from ip_ledger.losses.tables import LossEvent, LossLine
from shared.auth import Actor
from shared.directory import DirectoryCenter
from shared.rules import found


def _visible(actor: Actor) -> ColumnElement[bool]:
    if actor.is_official:
        return true()
    if actor.org_id is None:
        return false()
    own = rows_of(col(DirectoryCenter.id)).where(tenancy.acts_for(actor.org_ids))
    bearer = exists().where(
        col(LossLine.loss_id) == col(LossEvent.id), col(LossLine.party_id).in_(actor.org_ids)
    )
    return or_(col(LossEvent.center_id).in_(own), bearer)


def visible_losses(actor: Actor, center_id: UUID | None) -> SelectOfScalar[LossEvent]:
    """Give the select of the losses that the actor may see."""
    statement = select(LossEvent).where(_visible(actor))
    return statement if center_id is None else statement.where(LossEvent.center_id == center_id)


async def visible_loss(session: AsyncSession, actor: Actor, loss_id: UUID) -> LossEvent:
    """Give a loss that the actor may see, else NOT_FOUND."""
    statement = visible_losses(actor, None).where(col(LossEvent.id) == loss_id)
    return found(await session.scalar(statement))


async def lines_of(session: AsyncSession, loss_ids: Iterable[UUID]) -> list[LossLine]:
    """Give the lines of losses, in their order."""
    rows = await session.scalars(
        select(LossLine)
        .where(col(LossLine.loss_id).in_(list(loss_ids)))
        .order_by(col(LossLine.loss_id), col(LossLine.place))
    )
    return list(rows)

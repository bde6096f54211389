"""What is read of openings, and who may: officials, and whoever acts for the centre."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, false, true
from sqlalchemy import select as rows_of
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from ip_ledger import tenancy
from ip_ledger.openings.rules import Subject
from ip_ledger.openings.tables import BookOpening, BookOpeningApproval
from shared.auth import Actor
from shared.directory import DirectoryCenter
from shared.rules import found


@dataclass(frozen=True, slots=True)
class Whole:
    """An opening with its approvals in order."""

    row: BookOpening
    approvals: Sequence[BookOpeningApproval]


def _visible(actor: Actor) -> ColumnElement[bool]:
    if actor.is_official:
        return true()
    if actor.org_id is None:
        return false()
    own = rows_of(col(DirectoryCenter.id)).where(tenancy.acts_for(actor.org_ids))
    return col(BookOpening.center_id).in_(own)


def visible_openings(
    actor: Actor, center_id: UUID | None, subject: Subject | None
) -> SelectOfScalar[BookOpening]:
    """Give the select of the openings that the actor may see."""
    statement = select(BookOpening).where(_visible(actor))
    if center_id is not None:
        statement = statement.where(col(BookOpening.center_id) == center_id)
    return statement if subject is None else statement.where(col(BookOpening.subject) == subject)


async def with_approvals(session: AsyncSession, rows: Iterable[BookOpening]) -> list[Whole]:
    """Add approvals to openings: one query, however many there are."""
    openings = list(rows)
    given = await session.scalars(
        select(BookOpeningApproval)
        .where(col(BookOpeningApproval.opening_id).in_([row.id for row in openings]))
        .order_by(col(BookOpeningApproval.place))
    )
    approvals = list(given)
    return [Whole(row, [one for one in approvals if one.opening_id == row.id]) for row in openings]


async def whole(session: AsyncSession, actor: Actor, opening_id: UUID) -> Whole:
    """Give an opening that the actor may see, else NOT_FOUND."""
    statement = visible_openings(actor, None, None).where(col(BookOpening.id) == opening_id)
    return (await with_approvals(session, [found(await session.scalar(statement))]))[0]


async def whole_for_update(session: AsyncSession, actor: Actor, opening_id: UUID) -> Whole:
    """Give an opening as `whole` does, with its lock."""
    statement = visible_openings(actor, None, None).where(col(BookOpening.id) == opening_id)
    row = found(await session.scalar(statement.with_for_update()))
    return (await with_approvals(session, [row]))[0]

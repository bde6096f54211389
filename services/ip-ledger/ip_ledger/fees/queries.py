"""What is read of fees, and who may see them: whoever may see the right."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Date, cast, exists, func, or_
from sqlalchemy import select as rows_of
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from ip_ledger import tenancy
from ip_ledger.assets import queries as assets
from ip_ledger.assets.rules import AbandonCause
from ip_ledger.assets.tables import Asset, OwnershipLine, OwnershipVersion
from ip_ledger.fees.restoration_rules import MONTHS, RESTORING
from ip_ledger.fees.rules import OWED, UPKEEP, FeeState
from ip_ledger.fees.schedule_rules import REMINDER_DAYS
from ip_ledger.fees.tables import RightFee
from shared.auth import Actor
from shared.calendar import months_after
from shared.directory import DirectoryCenter
from shared.tasks import MOST_TASKS, Task, TaskKind

PAY_FEE: Final = TaskKind(
    "pay_right_fee",
    "缴纳专利年费（维持费）",
    "Pay the fee that keeps the right alive",
    UPKEEP,
    "POST",
    "/v1/ip-ledger/assets/{id}/fee-payments",
)

RESTORE: Final = TaskKind(
    "restore_right",
    "权利已终止，可请求恢复",
    "The right has ended; it may be restored",
    RESTORING,
    "POST",
    "/v1/ip-ledger/assets/{id}/restorations",
)


async def assets_due(session: AsyncSession, now: datetime, limit: int) -> Sequence[Asset]:
    """Load and lock the rights at which it is time to look; another process takes the others."""
    statement = (
        select(Asset)
        .where(col(Asset.next_look_at) <= now)
        .order_by(col(Asset.next_look_at), col(Asset.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return (await session.scalars(statement)).all()


async def owed_of(session: AsyncSession, asset_ids: Collection[UUID]) -> dict[UUID, RightFee]:
    """Load and lock the fee that is owed of each right; the right's lock is held."""
    statement = select(RightFee).where(
        col(RightFee.asset_id).in_(asset_ids), col(RightFee.state).in_(OWED)
    )
    return {row.asset_id: row for row in await session.scalars(statement.with_for_update())}


async def last_numbers(session: AsyncSession, asset_ids: Collection[UUID]) -> dict[UUID, int]:
    """Give the number of the last fee that each right has here."""
    rows = await session.execute(
        rows_of(col(RightFee.asset_id), func.max(col(RightFee.number)))
        .where(col(RightFee.asset_id).in_(asset_ids))
        .group_by(col(RightFee.asset_id))
    )
    return {row[0]: row[1] for row in rows}


async def latest_for_update(session: AsyncSession, asset_id: UUID) -> RightFee | None:
    """Load and lock the last fee of a right; the right's lock is held."""
    statement = (
        select(RightFee)
        .where(col(RightFee.asset_id) == asset_id)
        .order_by(col(RightFee.number).desc())
        .limit(1)
    )
    return await session.scalar(statement.with_for_update())


async def fees_of(session: AsyncSession, asset_id: UUID) -> list[RightFee]:
    """Give the fees of a right that the ledger has looked at, in order."""
    rows = await session.scalars(
        select(RightFee).where(col(RightFee.asset_id) == asset_id).order_by(col(RightFee.number))
    )
    return list(rows)


def visible_fees(
    actor: Actor, day: date, center_id: UUID | None, state: FeeState | None
) -> SelectOfScalar[RightFee]:
    """Give the select of the fees of rights that the actor may see."""
    statement = (
        select(RightFee)
        .join(Asset, col(Asset.id) == col(RightFee.asset_id))
        .where(assets.visible(actor, day))
    )
    if center_id is not None:
        statement = statement.where(col(RightFee.center_id) == center_id)
    if state is not None:
        statement = statement.where(col(RightFee.state) == state)
    return statement


async def tasks_of(session: AsyncSession, actor: Actor, today: date) -> list[Task]:
    """Give the fees that the caller's organization may pay next, from the first reminder on.

    An overdue one stays with the last day of its grace: after that the right is gone.
    """
    if actor.org_id is None or not actor.has("member"):
        return []
    statement = (
        select(RightFee)
        .where(
            col(RightFee.state).in_(OWED),
            col(RightFee.due_on) <= today + timedelta(days=max(REMINDER_DAYS)),
            _concerns(actor, today, col(RightFee.center_id), col(RightFee.asset_id)),
        )
        .order_by(col(RightFee.due_on), col(RightFee.id))
        .limit(MOST_TASKS)
    )
    return [
        *(
            Task(PAY_FEE, row.asset_id, row.center_id, row.due_on)
            for row in await session.scalars(statement)
        ),
        *await _restorable(session, actor, today),
    ]


def _concerns(
    actor: Actor, today: date, center_id: Mapped[UUID], asset_id: Mapped[UUID]
) -> ColumnElement[bool]:
    """Give the condition that a right is the actor's to keep: an owner's, or its centre's."""
    acting = exists().where(col(DirectoryCenter.id) == center_id, tenancy.acts_for(actor.org_ids))
    owner = exists().where(
        col(OwnershipVersion.asset_id) == asset_id,
        assets.known_at(None),
        assets.valid_on(today),
        col(OwnershipLine.version_id) == col(OwnershipVersion.id),
        col(OwnershipLine.owner_id).in_(actor.org_ids),
    )
    return or_(acting, owner)


async def _restorable(session: AsyncSession, actor: Actor, today: date) -> list[Task]:
    """Tell of rights that ended by what was missed: nobody was asked, so that each is told.

    Restoring may be asked for within two months after the office's notice (细则6), whose day nobody
    knows here: they are counted from the end of what was missed, early rather than late.
    """
    first_gone = cast(col(Asset.absences)[-1][0].astext, Date)
    grace = rows_of(func.max(col(RightFee.grace_until))).where(
        col(RightFee.asset_id) == col(Asset.id), col(RightFee.state) == FeeState.LAPSED
    )
    missed_on = func.coalesce(grace.correlate(Asset).scalar_subquery(), first_gone - 1)
    statement = (
        rows_of(col(Asset.id), col(Asset.center_id), missed_on)
        .where(
            col(Asset.abandon_cause).in_((AbandonCause.DEEMED, AbandonCause.UNPAID)),
            missed_on >= today - timedelta(days=31 * MONTHS),
            _concerns(actor, today, col(Asset.center_id), col(Asset.id)),
        )
        .order_by(missed_on, col(Asset.id))
        .limit(MOST_TASKS)
    )
    found = (
        (row[0], row[1], months_after(row[2], MONTHS)) for row in await session.execute(statement)
    )
    return [Task(RESTORE, *row) for row in found if today <= row[2]]

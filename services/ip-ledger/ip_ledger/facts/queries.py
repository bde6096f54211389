"""What is read of facts: as known at an instant, of the centres that one may read."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, exists
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from ip_ledger import tenancy
from ip_ledger.facts.rules import LedgerFactKind
from ip_ledger.facts.tables import LedgerFact
from shared.auth import Actor
from shared.directory import DirectoryCenter


def known_facts(
    actor: Actor,
    today: date,
    *,
    center_id: UUID | None,
    kind: LedgerFactKind | None,
    first: date | None,
    last: date | None,
    as_of: datetime,
) -> Any:  # noqa: ANN401 - a select of two columns
    """Give the select of facts with what superseded each, both as known at an instant.

    `first` and `last` bound the day on which it happened, both included.
    """
    later = aliased(LedgerFact)
    statement = select(LedgerFact, col(later.id)).outerjoin(
        later,
        and_(col(later.supersedes_id) == col(LedgerFact.id), col(later.recorded_at) <= as_of),
    )
    readable = exists().where(
        col(DirectoryCenter.id) == col(LedgerFact.center_id), tenancy.may_read(actor, today)
    )
    conditions = [col(LedgerFact.recorded_at) <= as_of]
    if not (actor.is_official or actor.has("service")):
        conditions.append(readable)
    if center_id is not None:
        conditions.append(col(LedgerFact.center_id) == center_id)
    if kind is not None:
        conditions.append(col(LedgerFact.kind) == kind)
    if first is not None:
        conditions.append(col(LedgerFact.occurred_on) >= first)
    if last is not None:
        conditions.append(col(LedgerFact.occurred_on) <= last)
    return statement.where(*conditions)


async def newest_facts(
    session: AsyncSession, subject_ids: Iterable[UUID]
) -> dict[UUID, LedgerFact]:
    """Give the newest fact of each record, by the record's id."""
    later = aliased(LedgerFact)
    rows = await session.scalars(
        select(LedgerFact).where(
            col(LedgerFact.subject_id).in_(list(subject_ids)),
            ~exists().where(col(later.supersedes_id) == col(LedgerFact.id)),
        )
    )
    return {row.subject_id: row for row in rows}


async def last_payload_unlike(
    session: AsyncSession, subject_id: UUID, state: str
) -> dict[str, Any] | None:
    """Give what was told of a record last, before it came into the state in which it is."""
    payload: dict[str, Any] | None = await session.scalar(
        select(col(LedgerFact.payload))
        .where(
            col(LedgerFact.subject_id) == subject_id,
            col(LedgerFact.payload)["state"].astext != state,
        )
        .order_by(col(LedgerFact.recorded_at).desc(), col(LedgerFact.id).desc())
        .limit(1)
    )
    return payload

"""What is read of entries that wait, and what they hold of accounts, on both clocks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import exists, false, func, or_, true
from sqlalchemy import select as rows_of
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from ip_ledger import tenancy
from ip_ledger.journal.rules import EntryDraft, Line, PendingState
from ip_ledger.journal.tables import Account, PendingEntry, PendingLine, PendingOutcome
from shared.auth import Actor
from shared.directory import DirectoryCenter
from shared.rules import found


@dataclass(frozen=True, slots=True)
class Pending:
    """An entry that waits or waited, with its lines and what became of it."""

    row: PendingEntry
    lines: Sequence[PendingLine]
    outcome: PendingOutcome | None

    @property
    def state(self) -> PendingState:
        """Tell where it stands."""
        return PendingState.PENDING if self.outcome is None else self.outcome.state

    @property
    def draft(self) -> EntryDraft:
        """Give the entry that it would be."""
        row = self.row
        lines = tuple(Line(one.account_id, one.amount_fen, one.currency) for one in self.lines)
        return EntryDraft(row.id, row.center_id, row.effective_on, row.reference, lines)


def visible(actor: Actor, center_id: UUID | None) -> SelectOfScalar[PendingEntry]:
    """Give the select of the pending entries that the actor may see (X04)."""
    statement = select(PendingEntry)
    if center_id is not None:
        statement = statement.where(col(PendingEntry.center_id) == center_id)
    if actor.is_official:
        return statement.where(true())
    if actor.org_id is None:
        return statement.where(false())
    own = rows_of(col(DirectoryCenter.id)).where(tenancy.acts_for(actor.org_ids))
    holder = exists().where(
        col(PendingLine.pending_id) == col(PendingEntry.id),
        col(PendingLine.account_id) == col(Account.id),
        col(Account.org_id).in_(actor.org_ids),
    )
    return statement.where(or_(col(PendingEntry.center_id).in_(own), holder))


async def with_parts(session: AsyncSession, rows: Iterable[PendingEntry]) -> list[Pending]:
    """Add lines and outcomes: two queries, however many there are."""
    entries = list(rows)
    ids = [row.id for row in entries]
    lines = await session.scalars(
        select(PendingLine)
        .where(col(PendingLine.pending_id).in_(ids))
        .order_by(col(PendingLine.pending_id), col(PendingLine.line))
    )
    outcomes = await session.scalars(
        select(PendingOutcome).where(col(PendingOutcome.pending_id).in_(ids))
    )
    of_entry: dict[UUID, list[PendingLine]] = {}
    for line in lines:
        of_entry.setdefault(line.pending_id, []).append(line)
    settled = {one.pending_id: one for one in outcomes}
    return [Pending(row, of_entry.get(row.id, []), settled.get(row.id)) for row in entries]


async def pending(session: AsyncSession, actor: Actor, pending_id: UUID) -> Pending:
    """Give one pending entry that the actor may see, else NOT_FOUND."""
    statement = visible(actor, None).where(col(PendingEntry.id) == pending_id)
    return (await with_parts(session, [found(await session.scalar(statement))]))[0]


async def outcome(session: AsyncSession, pending_id: UUID) -> PendingOutcome | None:
    """Give what became of a pending entry, if anything has."""
    statement = select(PendingOutcome).where(col(PendingOutcome.pending_id) == pending_id)
    return await session.scalar(statement)


async def held_at(
    session: AsyncSession, account_ids: Iterable[UUID], on: date | None, known_at: datetime | None
) -> dict[UUID, tuple[int, int]]:
    """Give the debits and credits that wait for a day, as known at an instant."""
    amount = col(PendingLine.amount_fen)
    settled = exists().where(col(PendingOutcome.pending_id) == col(PendingLine.pending_id))
    if known_at is not None:
        settled = settled.where(col(PendingOutcome.settled_at) <= known_at)
    statement = (
        rows_of(
            col(PendingLine.account_id),
            func.coalesce(func.sum(amount).filter(amount > 0), 0),
            func.coalesce(func.sum(-amount).filter(amount < 0), 0),
        )
        .join(PendingEntry, col(PendingEntry.id) == col(PendingLine.pending_id))
        .where(col(PendingLine.account_id).in_(list(account_ids)), ~settled)
        .group_by(col(PendingLine.account_id))
    )
    if on is not None:
        statement = statement.where(col(PendingEntry.effective_on) <= on)
    if known_at is not None:
        statement = statement.where(col(PendingEntry.recorded_at) <= known_at)
    rows = await session.execute(statement)
    return {row[0]: (int(row[1]), int(row[2])) for row in rows}

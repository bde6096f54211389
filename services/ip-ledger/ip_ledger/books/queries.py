"""What is read of whole books, and who may: officials, and whoever acts for the centre."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, text
from sqlalchemy import select as rows_of
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from ip_ledger import tenancy
from ip_ledger.books.rules import AccountTotals, BookLine
from ip_ledger.journal.tables import Account, BookPeriod, JournalEntry, Posting
from ip_ledger.log.tables import LogRecord
from shared.auth import Actor
from shared.directory import DirectoryCenter
from shared.rules import found


async def center_with_books(
    session: AsyncSession, actor: Actor, center_id: UUID
) -> DirectoryCenter:
    """Give a centre whose books the actor may read whole, else NOT_FOUND (X04)."""
    statement = select(DirectoryCenter).where(col(DirectoryCenter.id) == center_id)
    if not actor.is_official:
        if actor.org_id is None:
            return found(None)
        statement = statement.where(tenancy.acts_for(actor.org_ids))
    return found(await session.scalar(statement))


async def lock_books(session: AsyncSession, center_id: UUID) -> None:
    """Let what is being posted finish and hold what comes, until the commit (see the guards)."""
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended('books ' || :center, 0))"),
        {"center": str(center_id)},
    )


async def totals(
    session: AsyncSession, center_id: UUID, on: date | None, known_at: datetime | None
) -> list[AccountTotals]:
    """Sum every account of a centre up to the end of a day, as known at an instant."""
    amount = col(Posting.amount_fen)
    sums: Any = (
        rows_of(
            col(Posting.account_id).label("account_id"),
            func.sum(amount).filter(amount > 0).label("debits"),
            func.sum(-amount).filter(amount < 0).label("credits"),
        )
        .join(JournalEntry, col(JournalEntry.id) == col(Posting.entry_id))
        .where(col(JournalEntry.center_id) == center_id)
        .group_by(col(Posting.account_id))
    )
    if on is not None:
        sums = sums.where(col(JournalEntry.effective_on) <= on)
    if known_at is not None:
        sums = sums.where(col(JournalEntry.recorded_at) <= known_at)
    part = sums.subquery()
    rows = await session.execute(
        rows_of(Account, func.coalesce(part.c.debits, 0), func.coalesce(part.c.credits, 0))
        .outerjoin(part, part.c.account_id == col(Account.id))
        .where(col(Account.center_id) == center_id)
        .order_by(col(Account.code), col(Account.org_id), col(Account.id))
    )
    return [
        AccountTotals(
            account.id, account.org_id, account.code, account.kind, account.currency,
            int(debits), int(credits_),
        )
        for account, debits, credits_ in rows
    ]  # fmt: skip


async def lines(
    session: AsyncSession, center_id: UUID, on: date, known_at: datetime | None, most: int
) -> list[BookLine]:
    """Give a centre's postings up to a day, entry by entry, at most one more than `most`."""
    statement = (
        rows_of(JournalEntry, Posting, Account)
        .join(Posting, col(Posting.entry_id) == col(JournalEntry.id))
        .join(Account, col(Account.id) == col(Posting.account_id))
        .where(col(JournalEntry.center_id) == center_id, col(JournalEntry.effective_on) <= on)
        .order_by(col(JournalEntry.effective_on), col(JournalEntry.id), col(Posting.line))
        .limit(most + 1)
    )
    if known_at is not None:
        statement = statement.where(col(JournalEntry.recorded_at) <= known_at)
    rows = await session.execute(statement)
    return [
        BookLine(
            entry.id, entry.effective_on, entry.recorded_at, entry.reference, entry.reverses_id,
            account.id, account.org_id, account.code, account.kind, account.currency,
            posting.amount_fen,
        )
        for entry, posting, account in rows
    ]  # fmt: skip


async def record_hashes(
    session: AsyncSession, center_id: UUID, from_on: date | None, until_on: date
) -> list[str]:
    """Give the hash of the stored record of each entry of a period, in the order of ids."""
    digest = func.encode(func.sha256(col(LogRecord.body)), "hex")
    statement = (
        rows_of(digest)
        .join(JournalEntry, col(JournalEntry.id) == col(LogRecord.id))
        .where(col(JournalEntry.center_id) == center_id, col(JournalEntry.effective_on) <= until_on)
        .order_by(col(JournalEntry.id))
    )
    if from_on is not None:
        statement = statement.where(col(JournalEntry.effective_on) >= from_on)
    return list(await session.scalars(statement))


async def periods(session: AsyncSession, center_id: UUID) -> Sequence[BookPeriod]:
    """Give a centre's closed periods, the latest first."""
    rows = await session.scalars(
        select(BookPeriod)
        .where(col(BookPeriod.center_id) == center_id)
        .order_by(col(BookPeriod.until_on).desc())
    )
    return rows.all()


async def period(session: AsyncSession, period_id: UUID) -> BookPeriod:
    """Give one closed period, else NOT_FOUND."""
    return found(await session.get(BookPeriod, period_id))

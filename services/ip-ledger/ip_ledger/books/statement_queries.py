"""One account's days; who may see the account is asked before."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func
from sqlalchemy import select as rows_of
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from ip_ledger.journal.queries import account_entries
from ip_ledger.journal.tables import JournalEntry, Posting


async def account_days(
    session: AsyncSession,
    account_id: UUID,
    from_on: date,
    until_on: date,
    known_at: datetime | None,
    most: int,
) -> tuple[int, list[tuple[Posting, JournalEntry]]]:
    """Give the balance before some days, and at most one more than `most` postings in them."""
    before = (
        rows_of(func.coalesce(func.sum(col(Posting.amount_fen)), 0))
        .join(JournalEntry, col(JournalEntry.id) == col(Posting.entry_id))
        .where(col(Posting.account_id) == account_id, col(JournalEntry.effective_on) < from_on)
    )
    if known_at is not None:
        before = before.where(col(JournalEntry.recorded_at) <= known_at)
    opening = await session.scalar(before)
    rows = await session.execute(
        account_entries(account_id, until_on, known_at)
        .where(col(JournalEntry.effective_on) >= from_on)
        .order_by(col(JournalEntry.effective_on), col(Posting.account_version))
        .limit(most + 1)
    )
    return int(opening or 0), [(posting, entry) for posting, entry in rows]

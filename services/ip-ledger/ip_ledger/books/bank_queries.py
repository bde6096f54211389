"""What is read of banks' files, and who may: as whole books."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import exists, func
from sqlalchemy import select as rows_of
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from ip_ledger.books.bank_rules import NEAR_DAYS, Booked
from ip_ledger.journal.tables import (
    Account,
    BankLine,
    BankStatement,
    JournalEntry,
    Posting,
)
from shared.rules import found


async def same_file(session: AsyncSession, account_id: UUID, sha256: str) -> bool:
    """Tell whether this file was read for this account already."""
    there = exists().where(
        col(BankStatement.account_id) == account_id, col(BankStatement.file_sha256) == sha256
    )
    return bool(await session.scalar(rows_of(there)))


async def statement(session: AsyncSession, statement_id: UUID) -> tuple[BankStatement, Account]:
    """Give a bank's file and its account, else NOT_FOUND."""
    row = await session.execute(
        rows_of(BankStatement, Account)
        .join(Account, col(Account.id) == col(BankStatement.account_id))
        .where(col(BankStatement.id) == statement_id)
    )
    one, account = found(row.first())
    return one, account


async def lines_of(session: AsyncSession, statement_id: UUID) -> Sequence[BankLine]:
    """Give the lines of a bank's file in its order."""
    rows = await session.scalars(
        select(BankLine)
        .where(col(BankLine.statement_id) == statement_id)
        .order_by(col(BankLine.place))
    )
    return rows.all()


async def booked(
    session: AsyncSession, account_id: UUID, from_on: date, until_on: date
) -> list[Booked]:
    """Give the postings that lines of these days may be."""
    near = timedelta(days=NEAR_DAYS)
    rows = await session.execute(
        rows_of(
            col(JournalEntry.id), col(Posting.line), col(JournalEntry.effective_on),
            col(Posting.amount_fen), col(JournalEntry.reference),
        )
        .join(Posting, col(Posting.entry_id) == col(JournalEntry.id))
        .where(
            col(Posting.account_id) == account_id,
            col(JournalEntry.effective_on).between(from_on - near, until_on + near),
        )
    )  # fmt: skip
    return [Booked(*row) for row in rows]


async def balance_on(session: AsyncSession, account_id: UUID, on: date) -> int:
    """Give an account's balance at the end of a day."""
    total = await session.scalar(
        rows_of(func.coalesce(func.sum(col(Posting.amount_fen)), 0))
        .join(JournalEntry, col(JournalEntry.id) == col(Posting.entry_id))
        .where(col(Posting.account_id) == account_id, col(JournalEntry.effective_on) <= on)
    )
    return int(total or 0)

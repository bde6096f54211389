"""The statement of one account on the wire."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from ip_ledger.journal.currencies import BookAmount
from ip_ledger.journal.rules import Side
from shared.http.schemas import Out


class AccountLineOut(Out):
    """A posting, with the balance after it in the order of days."""

    entry_id: UUID = Field(description="The entry, and its record in the log.")
    effective_on: date = Field(description="The day it happened.")
    recorded_at: datetime = Field(description="When it was posted.")
    reference: str = Field(description="What it rests on.")
    side: Side = Field(description="`debit` or `credit`.")
    amount: BookAmount = Field(description="How much.")
    balance: BookAmount = Field(description="Debits less credits after it, day by day.")
    reverses_id: UUID | None = Field(description="The entry that its entry undoes.")


class AccountStatementOut(Out):
    """An account's days: opening balance, postings in the order of days, closing balance."""

    account_id: UUID = Field(description="The account.")
    code: str = Field(description="Its name in these books.")
    from_on: date = Field(description="The first day.")
    until_on: date = Field(description="The last day.")
    as_of: datetime | None = Field(description="As known then; null for now.")
    opening: BookAmount = Field(description="Debits less credits before the first day.")
    debits: BookAmount = Field(description="All debits of these days.")
    credits: BookAmount = Field(description="All credits of these days.")
    closing: BookAmount = Field(description="The opening balance, plus debits, less credits.")
    lines: list[AccountLineOut] = Field(description="Postings, by day and order of recording.")

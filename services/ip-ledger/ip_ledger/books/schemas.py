"""Whole books on the wire."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from ip_ledger.books.bank_rules import Format
from ip_ledger.journal.currencies import BookAmount
from ip_ledger.journal.rules import AccountKind, Side
from shared.http.schemas import Body, Day, Out

MOST_CONTENT = 1_000_000


class TotalsOut(Out):
    """An account in a trial balance."""

    account_id: UUID = Field(description="The account.")
    org_id: UUID | None = Field(description="The organization it is kept for, if not the centre.")
    code: str = Field(description="Its name in these books.")
    kind: AccountKind = Field(description="What it is.")
    normal_side: Side = Field(description="The side on which it grows.")
    debits: BookAmount = Field(description="All that was debited.")
    credits: BookAmount = Field(description="All that was credited.")
    balance: BookAmount = Field(description="Debits less credits.")
    abnormal: bool = Field(description="Whether it stands on the other side than its kind's.")


class SumOut(Out):
    """The sums of a trial balance in one currency."""

    debit_balances: BookAmount = Field(description="The sum of the balances on the debit side.")
    credit_balances: BookAmount = Field(description="The same on the credit side.")
    balanced: bool = Field(description="Whether they are equal; they always must be.")


class TrialBalanceOut(Out):
    """Every account of a centre's books on a day, as known at an instant."""

    center_id: UUID = Field(description="The centre.")
    on: date | None = Field(description="Up to the end of this day; empty: of all days.")
    as_of: datetime | None = Field(description="As known then; empty: as known now.")
    accounts: list[TotalsOut] = Field(description="Its accounts, by code.")
    sums: list[SumOut] = Field(description="What they come to, by currency.")


class PeriodIn(Body):
    """A period to close."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"center_id": "01980000-0000-7000-8000-000000000001", "until_on": "2028-03-31"}
            ]
        }
    )

    center_id: UUID = Field(description="The centre whose books are closed.")
    until_on: Day = Field(description="The last day of the period; it must be over.")


class PeriodOut(Out):
    """A closed period."""

    id: UUID = Field(description="The period, and its record in the log.")
    center_id: UUID = Field(description="The centre.")
    from_on: date | None = Field(description="Its first day; the first period holds all before.")
    until_on: date = Field(description="Its last day.")
    entries: int = Field(description="How many entries it holds.")
    seal_sha256: str = Field(description="Over its entries, its balances and the seal before it.")
    closed_at: datetime = Field(description="When it was closed.")
    state: Literal["closed"] = Field(default="closed", description="Always `closed`.")


class PeriodCheckOut(PeriodOut):
    """A closed period, checked against the books of now."""

    seal_holds: bool = Field(description="Whether entries and balances still make the seal.")


class StatementIn(Body):
    """A bank's file for an account of the books."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "account_id": "01980000-0000-7000-8000-000000000001",
                    "format": "csv",
                    "content": "booked_on,amount,currency,reference\n2028-03-05,2.50,CNY,r1\n",
                }
            ]
        }
    )

    account_id: UUID = Field(description="The account of the bank, in some centre's books.")
    format: Format = Field(
        description="`csv` (booked_on, amount, currency, reference) or `camt053`."
    )
    content: Annotated[str, Field(min_length=1, max_length=MOST_CONTENT)] = Field(
        description="The file's text."
    )


class BankLineOut(Out):
    """A line of the bank's that no posting answers to."""

    place: int = Field(description="Its place in the file, from 0.")
    booked_on: date = Field(description="The bank's day.")
    amount: BookAmount = Field(description="What came in; negative: went out.")
    reference: str = Field(description="What the bank says of it.")


class BookedOut(Out):
    """A posting that the bank does not show."""

    entry_id: UUID = Field(description="The entry.")
    effective_on: date = Field(description="Its day.")
    amount: BookAmount = Field(description="What came in; negative: went out.")
    reference: str = Field(description="What it rests on.")


class BankMatchOut(Out):
    """A line of the bank and the posting that it is."""

    place: int = Field(description="The line's place in the file, from 0.")
    entry_id: UUID = Field(description="The entry.")
    amount: BookAmount = Field(description="The amount of both.")
    days_apart: int = Field(description="How far the two days are apart.")
    by_reference: bool = Field(description="Whether one's reference stands in the other's.")


class StatementOut(Out):
    """A bank's file beside the books."""

    id: UUID = Field(description="The statement.")
    account_id: UUID = Field(description="The account.")
    format: Format = Field(description="The file's form.")
    file_sha256: str = Field(description="The file's hash.")
    from_on: date = Field(description="The day of its first line.")
    until_on: date = Field(description="The day of its last line.")
    matches: list[BankMatchOut] = Field(description="Lines that are postings.")
    only_at_bank: list[BankLineOut] = Field(description="Lines without a posting.")
    only_in_books: list[BookedOut] = Field(description="Postings of these days without a line.")
    bank_closing: BookAmount | None = Field(
        description="The bank's closing balance, where it says one."
    )
    books_closing: BookAmount = Field(description="The account's balance on the last day.")
    difference: BookAmount | None = Field(description="The bank's less the books'.")
    reconciled: bool = Field(description="Whether nothing stands on one side only.")

"""Accounts and entries on the wire."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from ip_ledger.journal.currencies import BookAmount, Currency, PostedAmount
from ip_ledger.journal.rules import AccountKind, EntryKind, PendingState, Side
from shared.http.schemas import Body, Code, Day, DecimalText, LongText, Out, ShortText


class PostingIn(Body):
    """A line of an entry."""

    account_id: UUID = Field(description="An account of the entry's centre.")
    side: Side = Field(description="`debit` or `credit`.")
    amount: PostedAmount = Field(description="How much.")


class EntryIn(Body):
    """An entry: two or more postings in the books of one centre, balanced in every currency."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "effective_on": "2028-03-20",
                    "reference": "bank statement 2028-03, line 7",
                    "postings": [
                        {
                            "account_id": "01980000-0000-7000-8000-000000000001",
                            "side": "debit",
                            "amount": {"amount": 6792453, "currency": "CNY"},
                        },
                        {
                            "account_id": "01980000-0000-7000-8000-000000000002",
                            "side": "credit",
                            "amount": {"amount": 6792453, "currency": "CNY"},
                        },
                    ],
                }
            ]
        }
    )

    effective_on: Day = Field(description="The day it happened.")
    reference: ShortText = Field(description="What it rests on.")
    postings: list[PostingIn] = Field(min_length=2, max_length=100, description="Its lines.")


class ReversalIn(Body):
    """Why and as of when an entry is undone."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"effective_on": "2028-04-01", "reference": "wrong account"}]
        }
    )

    effective_on: Day = Field(description="The day of the reversal, not before the entry's own.")
    reference: ShortText = Field(description="Why.")


class PostingOut(Out):
    """A line of an entry."""

    account_id: UUID = Field(description="The account.")
    side: Side = Field(description="`debit` or `credit`.")
    amount: BookAmount = Field(description="How much.")


class EntryOut(Out):
    """An entry as posted; it never changes."""

    id: UUID = Field(description="The entry, and its record in the log.")
    center_id: UUID = Field(description="The centre whose books it is in.")
    effective_on: date = Field(description="The day it happened.")
    recorded_at: datetime = Field(description="When it was posted.")
    reference: str = Field(description="What it rests on.")
    reverses_id: UUID | None = Field(default=None, description="The entry that it undoes.")
    postings: list[PostingOut] = Field(description="Its lines.")
    kind: EntryKind = Field(description="`ordinary`, `opening` or `exchange`.")
    exchange_rate: str | None = Field(
        default=None, description="Of an exchange: units bought for one unit sold."
    )
    state: Literal["posted"] = Field(default="posted", description="Always `posted`.")
    version: int = Field(default=1, description="Always 1.")


class ExchangeSideIn(Body):
    """One side of an exchange."""

    account_id: UUID = Field(description="An account in this currency.")
    amount: PostedAmount = Field(description="How much.")


class ExchangeIn(Body):
    """Money of one currency given for money of another, at a rate that is stated."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "effective_on": "2028-03-20",
                    "reference": "bank advice 77",
                    "sold": {
                        "account_id": "01980000-0000-7000-8000-000000000001",
                        "amount": {"amount": 10000, "currency": "USD"},
                    },
                    "bought": {
                        "account_id": "01980000-0000-7000-8000-000000000002",
                        "amount": {"amount": 71234, "currency": "CNY"},
                    },
                    "rate": "7.1234",
                }
            ]
        }
    )

    effective_on: Day = Field(description="The day it happened.")
    reference: ShortText = Field(description="What it rests on.")
    sold: ExchangeSideIn = Field(description="What was given: its account is credited.")
    bought: ExchangeSideIn = Field(description="What was had for it: its account is debited.")
    rate: DecimalText = Field(description="Units bought for one unit sold, whole units of both.")


class PendingIn(EntryIn):
    """An entry that waits to be confirmed; until then it holds what it would take."""


class ConfirmationIn(Body):
    """When what waited came about, and how much of it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"effective_on": "2028-03-22"}]})

    effective_on: Day | None = Field(
        default=None, description="The day it came about; its own day where absent."
    )
    postings: list[PostingIn] | None = Field(
        default=None,
        min_length=2,
        max_length=100,
        description="The part that came about, no more of a line than waits; all where absent. "
        "The rest is let go.",
    )


class VoidingIn(Body):
    """Why what waited does not come about."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "payment returned"}]})

    reason: ShortText = Field(description="Why.")


class PendingOut(Out):
    """An entry that waits, or waited."""

    id: UUID = Field(description="The pending entry, and its record in the log.")
    center_id: UUID = Field(description="The centre whose books it is in.")
    effective_on: date = Field(description="The day it is expected for.")
    recorded_at: datetime = Field(description="When it was recorded.")
    reference: str = Field(description="What it rests on.")
    postings: list[PostingOut] = Field(description="Its lines.")
    state: PendingState = Field(description="Whether it waits, or what became of it.")
    version: int = Field(description="1 while it waits, then 2.")
    entry_id: UUID | None = Field(description="The entry that it became.")
    reason: str | None = Field(description="Why it was voided.")
    settled_at: datetime | None = Field(description="When it was confirmed or voided.")
    settled_by: UUID | None = Field(description="The person who did.")


class AccountIn(Body):
    """An account to open."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "center_id": "01980000-0000-7000-8000-000000000001",
                    "code": "bank_icbc",
                    "kind": "asset",
                }
            ]
        }
    )

    center_id: UUID = Field(description="The centre whose books it is in.")
    org_id: UUID | None = Field(default=None, description="The organization it is kept for.")
    code: Code = Field(description="Its name in these books.")
    kind: AccountKind = Field(description="`asset`, `liability`, `equity`, `income` or `expense`.")
    currency: Currency = Field(default="CNY", description="ISO 4217.")
    may_go_negative: bool = Field(
        default=True, description="Whether its balance may lie on the other side than its kind's."
    )


class AccountOut(Out):
    """An account with its balance."""

    id: UUID = Field(description="The account.")
    center_id: UUID = Field(description="The centre whose books it is in.")
    org_id: UUID | None = Field(description="The organization it is kept for, if not the centre.")
    code: str = Field(description="Its name in these books.")
    kind: AccountKind = Field(description="The side it grows on.")
    normal_side: Side = Field(description="`debit` for assets and expenses, else `credit`.")
    may_go_negative: bool = Field(description="Whether it may stand on the other side.")
    balance: BookAmount = Field(
        description="Debits less credits that are posted: negative where credits weigh more."
    )
    pending_debits: BookAmount = Field(description="Debits that wait to be confirmed.")
    pending_credits: BookAmount = Field(description="Credits that wait to be confirmed.")
    available: BookAmount = Field(
        description="The balance less what waits to lessen it; what waits to add does not count."
    )
    version: int = Field(description="How many postings made the balance.")


class AccountEntryOut(Out):
    """A posting on an account, with the balance just after it in the order of recording."""

    entry_id: UUID = Field(description="The entry.")
    effective_on: date = Field(description="The day it happened.")
    recorded_at: datetime = Field(description="When it was posted.")
    reference: LongText = Field(description="What it rests on.")
    side: Side = Field(description="`debit` or `credit`.")
    amount: BookAmount = Field(description="How much.")
    balance_after: BookAmount = Field(description="The balance after it.")
    account_version: int = Field(description="Its number on the account, from 1.")
    reverses_id: UUID | None = Field(description="The entry that its entry undoes.")

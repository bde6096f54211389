"""Accounts and entries on the wire."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from ip_ledger.journal.rules import AccountKind, Side
from shared.http.schemas import MAX_SAFE, Body, Code, Day, LongText, Money, Out, ShortText


class PostedAmount(Money):
    """An amount of a posting: more than zero; the side gives its sign."""

    amount: Annotated[int, Field(strict=True, gt=0, le=MAX_SAFE)] = Field(
        description="Integer minor units: 分; more than zero."
    )
    currency: Literal["CNY"] = Field(default="CNY", description="ISO 4217.")


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
    amount: Money = Field(description="How much.")


class EntryOut(Out):
    """An entry as posted; it never changes."""

    id: UUID = Field(description="The entry, and its record in the log.")
    center_id: UUID = Field(description="The centre whose books it is in.")
    effective_on: date = Field(description="The day it happened.")
    recorded_at: datetime = Field(description="When it was posted.")
    reference: str = Field(description="What it rests on.")
    reverses_id: UUID | None = Field(default=None, description="The entry that it undoes.")
    postings: list[PostingOut] = Field(description="Its lines.")
    state: Literal["posted"] = Field(default="posted", description="Always `posted`.")
    version: int = Field(default=1, description="Always 1.")


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
    kind: AccountKind = Field(description="`asset`, `liability`, `income` or `expense`.")
    currency: Literal["CNY"] = Field(default="CNY", description="ISO 4217.")
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
    balance: Money = Field(description="Debits less credits: negative where credits weigh more.")
    version: int = Field(description="How many postings made the balance.")


class AccountEntryOut(Out):
    """A posting on an account, with the balance just after it in the order of recording."""

    entry_id: UUID = Field(description="The entry.")
    effective_on: date = Field(description="The day it happened.")
    recorded_at: datetime = Field(description="When it was posted.")
    reference: LongText = Field(description="What it rests on.")
    side: Side = Field(description="`debit` or `credit`.")
    amount: Money = Field(description="How much.")
    balance_after: Money = Field(description="The balance after it.")
    account_version: int = Field(description="Its number on the account, from 1.")
    reverses_id: UUID | None = Field(description="The entry that its entry undoes.")

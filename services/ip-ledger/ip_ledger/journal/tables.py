"""Accounts, entries and postings; one derived balance per account, which can be rebuilt."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
)
from sqlmodel import Field

from ip_ledger.base import Base
from ip_ledger.journal.rules import MOST_FEN, AccountKind
from shared.database import EnumText, instant, new_id


class Account(Base, table=True):
    """An account of a centre's books, for the centre itself or for one organization in them."""

    __tablename__ = "account"
    __table_args__ = (
        UniqueConstraint(
            "center_id",
            "org_id",
            "code",
            "currency",
            name="uq_account_place",
            postgresql_nulls_not_distinct=True,
        ),
        # The currency travels with every posting, so that no posting can be in another one.
        UniqueConstraint("id", "currency", name="uq_account_currency"),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    center_id: UUID
    org_id: UUID | None = None
    code: str
    kind: AccountKind = Field(sa_column=Column(EnumText(AccountKind), nullable=False))
    currency: str = "CNY"
    opened_at: datetime = Field(sa_column=Column(instant(), nullable=False))


class AccountBalance(Base, table=True):
    """Debits less credits of an account, and how many postings made it: derived, and audited."""

    __tablename__ = "account_balance"
    # Half-filled pages keep updates on the page, without touching the index.
    __table_args__ = ({"postgresql_with": {"fillfactor": "50"}},)

    account_id: UUID = Field(foreign_key="account.id", primary_key=True)
    balance_fen: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    version: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))


class JournalEntry(Base, table=True):
    """An entry: two or more postings that balance in every currency."""

    __tablename__ = "journal_entry"
    __table_args__ = (
        UniqueConstraint("reverses_id", name="uq_journal_entry_reverses_id"),
        Index("ix_journal_entry_source_id", "source_id"),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    center_id: UUID
    effective_on: date
    recorded_at: datetime = Field(sa_column=Column(instant(), nullable=False))
    reference: str
    # The run or revenue event that made the entry, where it was not posted by hand.
    source_id: UUID | None = None
    reverses_id: UUID | None = Field(default=None, foreign_key="journal_entry.id")
    recorded_by: UUID


class Posting(Base, table=True):
    """A line of an entry: a debit is positive, a credit negative."""

    __tablename__ = "posting"
    __table_args__ = (
        ForeignKeyConstraint(
            ["account_id", "currency"],
            ["account.id", "account.currency"],
            name="fk_posting_account_currency",
        ),
        UniqueConstraint("account_id", "account_version", name="uq_posting_account_version"),
        CheckConstraint("amount_fen <> 0", name="amount_fen"),
        CheckConstraint(
            f"balance_after_fen BETWEEN -{MOST_FEN} AND {MOST_FEN}", name="balance_after_fen"
        ),
        {"info": {"insert_only": True}},
    )

    entry_id: UUID = Field(foreign_key="journal_entry.id", primary_key=True)
    line: int = Field(primary_key=True)
    account_id: UUID
    currency: str
    amount_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    # The account's balance and count just after this posting, in the order of recording.
    balance_after_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    account_version: int = Field(sa_column=Column(BigInteger, nullable=False))

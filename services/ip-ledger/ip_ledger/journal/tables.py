"""Accounts, entries and postings; one derived balance per account, which can be rebuilt."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    text,
    true,
)
from sqlmodel import Field

from ip_ledger.base import Base
from ip_ledger.journal.rules import MOST_FEN, AccountKind, EntryKind, PendingState
from shared.database import EnumText, InstantColumn, new_id


class Currency(Base, table=True):
    """A currency of ISO 4217 in which books can be kept."""

    __tablename__ = "currency"
    __table_args__ = ({"info": {"insert_only": True}},)

    code: str = Field(primary_key=True)
    minor_digits: int


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
    currency: str = Field(default="CNY", foreign_key="currency.code")
    may_go_negative: bool = Field(
        default=True, sa_column=Column(Boolean, server_default=true(), nullable=False)
    )
    opened_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))


class AccountBalance(Base, table=True):
    """Debits less credits of an account, and how many postings made it: derived, and audited."""

    __tablename__ = "account_balance"
    # Half-filled pages keep updates on the page, without touching the index.
    __table_args__ = (
        CheckConstraint(
            f"held_debits_fen BETWEEN 0 AND {MOST_FEN} "
            f"AND held_credits_fen BETWEEN 0 AND {MOST_FEN}",
            name="held",
        ),
        {"postgresql_with": {"fillfactor": "50"}},
    )

    account_id: UUID = Field(foreign_key="account.id", primary_key=True)
    balance_fen: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    version: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    # What entries that wait to be confirmed would move: no balance yet, and no longer to be had.
    held_debits_fen: int = Field(
        default=0, sa_column=Column(BigInteger, server_default="0", nullable=False)
    )
    held_credits_fen: int = Field(
        default=0, sa_column=Column(BigInteger, server_default="0", nullable=False)
    )


class JournalEntry(Base, table=True):
    """An entry: two or more postings that balance in every currency."""

    __tablename__ = "journal_entry"
    __table_args__ = (
        Index(
            "uq_journal_entry_reverses_id",
            "reverses_id",
            unique=True,
            postgresql_where=text("reverses_id IS NOT NULL"),
        ),
        Index(
            "ix_journal_entry_source_id",
            "source_id",
            postgresql_where=text("source_id IS NOT NULL"),
        ),
        Index(
            "ix_journal_entry_opening",
            "center_id",
            "effective_on",
            postgresql_where=text("kind = 'opening'"),
        ),
        CheckConstraint("(kind = 'exchange') = (exchange_rate IS NOT NULL)", name="exchange_rate"),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    center_id: UUID
    effective_on: date
    recorded_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))
    reference: str
    # The run or revenue event that made the entry, where it was not posted by hand.
    source_id: UUID | None = None
    reverses_id: UUID | None = Field(default=None, foreign_key="journal_entry.id")
    recorded_by: UUID
    kind: EntryKind = Field(
        default=EntryKind.ORDINARY,
        sa_column=Column(EnumText(EntryKind), server_default="ordinary", nullable=False),
    )
    # Of an exchange: how much of the currency bought one unit of the one sold was worth.
    exchange_rate: str | None = None
    # By which program it was recorded; entries of before 0016 have it in their audit row only.
    client_id: str | None = None


class Posting(Base, table=True):
    """A line of an entry: a debit is positive, a credit negative."""

    __tablename__ = "posting"
    # That its entry and its account are there, `guards` judge for all rows of a statement at once.
    __table_args__ = (
        # With what a balance on two clocks asks of each posting, so that it reads this index alone.
        UniqueConstraint(
            "account_id",
            "account_version",
            name="uq_posting_account_version",
            postgresql_include=["effective_on", "recorded_at", "amount_fen"],
        ),
        CheckConstraint("amount_fen <> 0", name="amount_fen"),
        CheckConstraint(f"amount_fen BETWEEN -{MOST_FEN} AND {MOST_FEN}", name="readable"),
        CheckConstraint(
            f"balance_after_fen BETWEEN -{MOST_FEN} AND {MOST_FEN}", name="balance_after_fen"
        ),
        # An index alone answers for pages that were vacuumed since they were filled.
        {
            "postgresql_with": {"autovacuum_vacuum_insert_scale_factor": "0.02"},
            "info": {"insert_only": True},
        },
    )

    entry_id: UUID = Field(primary_key=True)
    line: int = Field(primary_key=True)
    account_id: UUID
    currency: str
    amount_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    # The account's balance and count just after this posting, in the order of recording.
    balance_after_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    account_version: int = Field(sa_column=Column(BigInteger, nullable=False))
    # Its entry's, which `guards` compare.
    effective_on: date
    recorded_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))


class PendingEntry(Base, table=True):
    """An entry that waits to be confirmed; what became of it is its outcome."""

    __tablename__ = "pending_entry"
    __table_args__ = (
        Index("ix_pending_entry_center_id_id", "center_id", "id"),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    center_id: UUID
    effective_on: date
    reference: str
    recorded_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))
    recorded_by: UUID


class PendingLine(Base, table=True):
    """A line of it: a debit is positive, a credit negative."""

    __tablename__ = "pending_line"
    __table_args__ = (
        ForeignKeyConstraint(
            ["account_id", "currency"],
            ["account.id", "account.currency"],
            name="fk_pending_line_account_currency",
        ),
        Index("ix_pending_line_account_id", "account_id"),
        CheckConstraint("amount_fen <> 0", name="amount_fen"),
        {"info": {"insert_only": True}},
    )

    pending_id: UUID = Field(foreign_key="pending_entry.id", primary_key=True)
    line: int = Field(primary_key=True)
    account_id: UUID
    currency: str
    amount_fen: int = Field(sa_column=Column(BigInteger, nullable=False))


class PendingOutcome(Base, table=True):
    """What became of an entry that waited: once, and for good."""

    __tablename__ = "pending_outcome"
    __table_args__ = (
        UniqueConstraint("pending_id", name="uq_pending_outcome_pending_id"),
        CheckConstraint("(state = 'confirmed') = (entry_id IS NOT NULL)", name="entry_id"),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    pending_id: UUID = Field(foreign_key="pending_entry.id")
    state: PendingState = Field(sa_column=Column(EnumText(PendingState), nullable=False))
    entry_id: UUID | None = Field(default=None, foreign_key="journal_entry.id")
    reason: str | None = None
    settled_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))
    settled_by: UUID


class BookPeriod(Base, table=True):
    """A part of a centre's books that is closed: nothing enters it any more, and its seal holds."""

    __tablename__ = "book_period"
    __table_args__ = (
        UniqueConstraint("center_id", "until_on", name="uq_book_period_until_on"),
        CheckConstraint("from_on IS NULL OR from_on <= until_on", name="days"),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    center_id: UUID
    # Empty for the first one, which holds all that came before.
    from_on: date | None = None
    until_on: date
    entries: int = Field(sa_column=Column(BigInteger, nullable=False))
    seal_sha256: str
    closed_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))
    closed_by: UUID


class BankStatement(Base, table=True):
    """A bank's file for an account of the books, read once and kept line by line."""

    __tablename__ = "bank_statement"
    __table_args__ = (
        UniqueConstraint("account_id", "file_sha256", name="uq_bank_statement_file"),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    account_id: UUID = Field(foreign_key="account.id")
    format: str
    file_sha256: str
    from_on: date
    until_on: date
    opening_fen: int | None = Field(default=None, sa_column=Column(BigInteger))
    closing_fen: int | None = Field(default=None, sa_column=Column(BigInteger))
    recorded_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))
    recorded_by: UUID


class BankLine(Base, table=True):
    """A line of a bank's file: what came in is positive, what went out negative."""

    __tablename__ = "bank_line"
    __table_args__ = ({"info": {"insert_only": True}},)

    statement_id: UUID = Field(foreign_key="bank_statement.id", primary_key=True)
    place: int = Field(primary_key=True)
    booked_on: date
    amount_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    reference: str

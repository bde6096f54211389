"""Contributions with their schedules and payments, money from outside, and divided profits."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlmodel import Field

from ip_ledger.base import Base
from ip_ledger.contributions.profit_rules import PROFITS
from ip_ledger.contributions.rules import (
    CAPITAL,
    CONTRIBUTIONS,
    CORRECTIONS,
    ContributionKind,
    Instrument,
    Source,
    State,
)
from ip_ledger.contributions.term_rules import TermBasis
from ip_ledger.undone import UNDOING, Undoable, undoable
from shared.database import EnumText, InstantColumn, JsonColumn, new_id
from shared.http.constraints import meaning
from shared.money import MAX_FEN
from shared.rules import Kind

meaning("ck_contribution_paid_fen", CONTRIBUTIONS, "PAYMENT_EXCEEDED", Kind.CONTENT)
meaning("ck_contribution_forfeited_fen", CONTRIBUTIONS, "PAYMENT_EXCEEDED", Kind.CONTENT)
meaning("uq_contribution_forfeiture_notice_id", CAPITAL, "STATE_CONFLICT")
meaning("pk_funding_undoing", CORRECTIONS, "ALREADY_REVERSED")
meaning("ck_contribution_forfeiture_resolved_fen", CAPITAL, "FORFEITURE_EXCEEDED", Kind.CONTENT)
meaning("ck_profit_division_parties", PROFITS, "PARTY_REPEATED", Kind.CONTENT)
meaning("uq_profit_division_center_id_year", CAPITAL, "ALREADY_EXISTS")


class Contribution(Base, table=True):
    """What a member promised its centre; `paid_fen` is what has come in."""

    __tablename__ = "contribution"
    __table_args__ = (
        Index("ix_contribution_center_id_id", "center_id", "id"),
        Index("ix_contribution_org_id", "org_id"),
        CheckConstraint("committed_fen > 0", name="committed_fen"),
        CheckConstraint(f"committed_fen <= {MAX_FEN}", name="readable"),
        CheckConstraint("paid_fen BETWEEN 0 AND committed_fen", name="paid_fen"),
        CheckConstraint(
            "forfeited_fen BETWEEN 0 AND committed_fen - paid_fen", name="forfeited_fen"
        ),
        CheckConstraint(
            "(is_cash AND kind <> 'in_kind') OR valuation_file_id IS NOT NULL", name="valuation"
        ),
        CheckConstraint("(term_basis IS NULL) = (term_since IS NULL)", name="term"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    center_id: UUID
    org_id: UUID
    kind: ContributionKind = Field(sa_column=Column(EnumText(ContributionKind), nullable=False))
    is_cash: bool
    committed_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    paid_fen: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    forfeited_fen: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    agreed_on: date
    # Of equity: what its five years are counted from, as it was known when it was promised.
    term_basis: TermBasis | None = Field(
        default=None, sa_column=Column(EnumText(TermBasis), nullable=True)
    )
    term_since: date | None = None
    held_in_trust: bool = False
    # Who holds it, while the centre has no legal entity.
    trustee_org_id: UUID | None = None
    valuation_file_id: UUID | None = None
    valued_fen: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    valued_on: date | None = None
    appraiser: str | None = None
    description: str | None = None
    state: State = Field(sa_column=Column(EnumText(State), nullable=False))
    version: int = 1
    external_id: str | None = None
    recorded_by_org_id: UUID
    recorded_by: UUID
    recorded_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))


class ContributionInstalment(Base, table=True):
    """A part of a contribution and its last day; the parts sum to what was promised."""

    __tablename__ = "contribution_instalment"
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="amount_fen"),
        {"info": {"insert_only": True}},
    )

    contribution_id: UUID = Field(foreign_key="contribution.id", primary_key=True)
    place: int = Field(primary_key=True)
    due_on: date
    amount_fen: int = Field(sa_column=Column(BigInteger, nullable=False))


class ContributionPayment(Base, table=True):
    """What came in of a contribution."""

    __tablename__ = "contribution_payment"
    __table_args__ = (
        Index("ix_contribution_payment_contribution_id", "contribution_id"),
        CheckConstraint("amount_fen > 0", name="amount_fen"),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    contribution_id: UUID = Field(foreign_key="contribution.id")
    amount_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    paid_on: date
    evidence_ids: list[UUID] = Field(sa_column=Column(ARRAY(Uuid()), nullable=False))
    held_in_trust: bool
    entry_id: UUID = Field(foreign_key="journal_entry.id")
    recorded_by: UUID
    recorded_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))


class ArrearsNotice(Base, table=True):
    """A written call for arrears, with the last day of its grace."""

    __tablename__ = "arrears_notice"
    __table_args__ = (
        Index("ix_arrears_notice_contribution_id", "contribution_id"),
        CheckConstraint("grace_until >= issued_on + 60", name="grace"),
        CheckConstraint("arrears_fen > 0", name="arrears_fen"),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    contribution_id: UUID = Field(foreign_key="contribution.id")
    issued_on: date
    grace_until: date
    arrears_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    issued_by: UUID
    issued_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))


class ContributionForfeiture(Base, table=True):
    """The loss of unpaid equity by a resolution (公司法52); each call leads to one at most."""

    __tablename__ = "contribution_forfeiture"
    __table_args__ = (
        UniqueConstraint("notice_id"),
        Index("ix_contribution_forfeiture_contribution_id", "contribution_id"),
        CheckConstraint("forfeited_fen > 0", name="forfeited_fen"),
        CheckConstraint("forfeited_fen <= resolved_fen", name="resolved_fen"),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    contribution_id: UUID = Field(foreign_key="contribution.id")
    notice_id: UUID = Field(foreign_key="arrears_notice.id")
    resolution_file_id: UUID
    resolved_on: date
    # What the resolution says is lost; what was paid after its day lessens what is.
    resolved_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    forfeited_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    decided_by: UUID
    decided_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))


class FundingRecord(Base, table=True):
    """Money that came to a centre, from whichever source; a member's comes by its contribution."""

    __tablename__ = "funding_record"
    __table_args__ = (
        Index("ix_funding_record_center_id_received_on", "center_id", "received_on"),
        Index(
            "uq_funding_record_contribution_payment_id",
            "contribution_payment_id",
            unique=True,
            postgresql_where=text("contribution_payment_id IS NOT NULL"),
        ),
        CheckConstraint("amount_fen > 0", name="amount_fen"),
        CheckConstraint(f"amount_fen <= {MAX_FEN}", name="readable"),
        CheckConstraint("instrument <> 'loan' OR risk_note IS NOT NULL", name="risk_note"),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    center_id: UUID
    source: Source = Field(sa_column=Column(EnumText(Source), nullable=False))
    instrument: Instrument = Field(sa_column=Column(EnumText(Instrument), nullable=False))
    amount_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    received_on: date
    provider_org_id: UUID | None = None
    provider_name: str | None = None
    doc_no: str | None = None
    risk_note: str | None = None
    repay_by: date | None = None
    stake_ppm: int | None = None
    purpose: str | None = None
    held_in_trust: bool = False
    contribution_payment_id: UUID | None = Field(
        default=None, foreign_key="contribution_payment.id"
    )
    evidence_ids: list[UUID] = Field(sa_column=Column(ARRAY(Uuid()), nullable=False))
    entry_id: UUID = Field(foreign_key="journal_entry.id")
    recorded_by: UUID
    recorded_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))


class FundingUndoing(Base, table=True):
    """That money was recorded wrongly: its entry is reversed, and it counts on no day any more.

    A member's payment is undone with the record of funding that stands for it.
    """

    __tablename__ = "funding_undoing"
    __table_args__ = ({"info": {"insert_only": True}},)

    funding_id: UUID = Field(foreign_key="funding_record.id", primary_key=True)
    reason: str
    # The day of the reversing entry, never before the money's own.
    effective_on: date
    # Years whose profit was divided by capital that this payment was counted in.
    divided_years: list[int] = Field(sa_column=Column(ARRAY(Integer), nullable=False))
    entry_id: UUID = Field(foreign_key="journal_entry.id")
    undone_by: UUID
    undone_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))


class TrustRelease(Base, table=True):
    """Money that a trustee handed to the centre once it was registered."""

    __tablename__ = "trust_release"
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="amount_fen"),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    center_id: UUID
    trustee_org_id: UUID
    amount_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    released_on: date
    entry_id: UUID = Field(foreign_key="journal_entry.id")
    released_by: UUID
    released_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))


class ProfitDivision(Undoable, Base, table=True):
    """A year's profit of the centre's company, divided among its shareholders.

    Of a year one division stands: what was divided wrongly is undone, and divided anew.
    """

    __tablename__ = "profit_division"
    __table_args__ = (
        Index(
            "uq_profit_division_center_id_year",
            "center_id",
            "year",
            unique=True,
            postgresql_where=text("undone_at IS NULL"),
        ),
        CheckConstraint("profit_fen = reserve_fen + pool_fen", name="pool_fen"),
        *undoable("resolved_on"),
        {"info": {"insert_only": True, "closing": (*UNDOING, "reserve_years")}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    center_id: UUID
    year: int
    profit_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    reserve_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    pool_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    resolved_on: date
    resolution_file_id: UUID
    consent_file_id: UUID | None = None
    # By org id: the capital paid in, the share agreed if any, and the amount.
    lines: list[dict[str, Any]] = Field(sa_column=Column(JsonColumn(), nullable=False))
    entry_id: UUID = Field(foreign_key="journal_entry.id")
    recorded_by: UUID
    recorded_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))
    # Years divided later whose reserve would have been another one without what is undone here.
    reserve_years: list[int] | None = Field(
        default=None, sa_column=Column(ARRAY(Integer), nullable=True)
    )

"""Uses between members, and the settlements that net them; a use is recorded once, never edited."""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlmodel import Field

from ip_ledger.agreements.rules import FLOW, Element, UseUnit
from ip_ledger.base import Base
from ip_ledger.settlements.rules import SettlementState
from shared.database import EnumText, InstantColumn, new_id
from shared.http.constraints import meaning

IN_ONE: Final = "uq_use_settlement_line_live"

meaning("uq_shared_use_external_id", FLOW, "ALREADY_EXISTS")
meaning("uq_shared_use_usage_fact_id", FLOW, "ALREADY_EXISTS")
meaning("uq_shared_use_undoes_id", FLOW, "ALREADY_REVERSED")
meaning("uq_use_settlement_confirmation_settlement_id_org_id", FLOW, "ALREADY_CONFIRMED")
# Two statements over one use: the second one finds that what it summed is taken.
meaning(IN_ONE, FLOW, "STALE_INPUT")


class SharedUse(Base, table=True):
    """What one member used of another's on a day, priced by the agreement of that day (A063).

    An amount below zero undoes a use. Rate and agreement are kept with it, so that the price can be
    worked out again.
    """

    __tablename__ = "shared_use"
    __table_args__ = (
        Index("uq_shared_use_external_id", "provider_org_id", "external_id", unique=True),
        UniqueConstraint("usage_fact_id"),
        UniqueConstraint("undoes_id"),
        Index("ix_shared_use_center_id_id", "center_id", "id"),
        Index("ix_shared_use_pair", "center_id", "provider_org_id", "user_org_id", "used_on"),
        Index("ix_shared_use_user_org_id", "user_org_id"),
        CheckConstraint("provider_org_id <> user_org_id", name="two_members"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("price_fen >= 0 AND per > 0", name="rate"),
        CheckConstraint(
            "(undoes_id IS NULL AND amount_fen >= 0)"
            " OR (undoes_id IS NOT NULL AND amount_fen <= 0)",
            name="sign",
        ),
        CheckConstraint("(undoes_id IS NULL) = (reason IS NULL)", name="reason"),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    center_id: UUID
    provider_org_id: UUID
    user_org_id: UUID
    element: Element = Field(sa_column=Column(EnumText(Element), nullable=False))
    unit: UseUnit = Field(sa_column=Column(EnumText(UseUnit), nullable=False))
    quantity: int = Field(sa_column=Column(BigInteger, nullable=False))
    used_on: date
    price_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    per: int
    amount_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    currency: str = "CNY"
    agreement_id: UUID = Field(foreign_key="agreement.id")
    external_id: str
    usage_fact_id: UUID | None = None
    license_id: UUID | None = Field(default=None, foreign_key="license.id", index=True)
    evidence_ids: list[UUID] = Field(sa_column=Column(ARRAY(Uuid()), nullable=False))
    undoes_id: UUID | None = Field(default=None, foreign_key="shared_use.id")
    reason: str | None = None
    recorded_by: UUID
    recorded_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))


class UseSettlement(Base, table=True):
    """What is left between two members for days of use; each is named by its place in the pair."""

    __tablename__ = "use_settlement"
    __table_args__ = (
        Index("ix_use_settlement_center_id_id", "center_id", "id"),
        Index("ix_use_settlement_first_org_id", "first_org_id"),
        Index("ix_use_settlement_second_org_id", "second_org_id"),
        CheckConstraint("first_org_id < second_org_id", name="pair"),
        CheckConstraint("from_on <= until_on", name="days"),
        CheckConstraint(
            "(state = 'owed' OR state = 'settled' AND first_owes_fen <> second_owes_fen)"
            " = (entry_id IS NOT NULL)",
            name="booked",
        ),
        CheckConstraint(
            "(state = 'settled' AND first_owes_fen <> second_owes_fen)"
            " = (payment_entry_id IS NOT NULL)",
            name="paid",
        ),
        CheckConstraint("(payment_entry_id IS NULL) = (paid_on IS NULL)", name="paid_on"),
        CheckConstraint("(state = 'contested') = (objection IS NOT NULL)", name="objection"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version: int = 1
    center_id: UUID
    first_org_id: UUID
    second_org_id: UUID
    from_on: date
    until_on: date
    first_owes_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    second_owes_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    currency: str = "CNY"
    state: SettlementState = Field(sa_column=Column(EnumText(SettlementState), nullable=False))
    statement_sha256: str
    entry_id: UUID | None = Field(default=None, foreign_key="journal_entry.id")
    owed_on: date | None = None
    payment_entry_id: UUID | None = Field(default=None, foreign_key="journal_entry.id")
    paid_on: date | None = None
    objection: str | None = None
    proposed_by_org_id: UUID
    proposed_by: UUID
    proposed_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))


class UseSettlementLine(Base, table=True):
    """A use in a settlement; it stands in one that is alive at most."""

    __tablename__ = "use_settlement_line"
    __table_args__ = (
        Index(IN_ONE, "use_id", unique=True, postgresql_where=text("is_live")),
        {"info": {"insert_only": True, "closing": ("is_live",)}},
    )

    settlement_id: UUID = Field(foreign_key="use_settlement.id", primary_key=True)
    use_id: UUID = Field(foreign_key="shared_use.id", primary_key=True)
    is_live: bool = True


class UseSettlementConfirmation(Base, table=True):
    """A side's own account has confirmed the statement with this hash."""

    __tablename__ = "use_settlement_confirmation"
    __table_args__ = (
        UniqueConstraint("settlement_id", "org_id"),
        ForeignKeyConstraint(["settlement_id"], ["use_settlement.id"]),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    settlement_id: UUID
    org_id: UUID
    person_id: UUID
    statement_sha256: str
    confirmed_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))

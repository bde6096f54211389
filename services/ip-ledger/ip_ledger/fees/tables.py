"""Fees of rights: the one that is owed next, and what became of those before it."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlmodel import Field

from ip_ledger.base import Base
from ip_ledger.fees.restoration_rules import RESTORING, RestorationGround
from ip_ledger.fees.rules import UPKEEP, FeeState
from ip_ledger.fees.schedule_rules import Relief
from ip_ledger.fees.tariff_rules import DUTIES, TariffState
from shared.database import EnumText, InstantColumn, JsonColumn, new_id
from shared.http.constraints import meaning
from shared.rules import Kind

meaning("ex_fee_tariff_one_a_day", UPKEEP, "STATE_CONFLICT")
meaning("uq_fee_tariff_jurisdiction_edition", UPKEEP, "STATE_CONFLICT")
meaning("ck_fee_tariff_approved_by_another", DUTIES, "SOD_VIOLATION", Kind.SCOPE)
meaning("uq_right_fee_asset_id_number", UPKEEP, "FEE_NOT_OWED")
meaning("uq_right_fee_owed", UPKEEP, "FEE_NOT_OWED")
meaning("uq_right_restoration_asset_id_decision_no", RESTORING, "ALREADY_EXISTS")


class FeeTariff(Base, table=True):
    """A version of what an office wants for its rights; a fee names the one it was judged by."""

    __tablename__ = "fee_tariff"
    __table_args__ = (
        UniqueConstraint("jurisdiction", "edition"),
        CheckConstraint("effective_until >= effective_from", name="dates_in_order"),
        CheckConstraint("approved_by <> proposed_by", name="approved_by_another"),
        # Two versions in force on one day would make a fee depend on the order of rows.
        ExcludeConstraint(
            ("jurisdiction", "="),
            (text("daterange(effective_from, effective_until, '[]')"), "&&"),
            where=text("state = 'in_force'"),
            name="ex_fee_tariff_one_a_day",
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    # An office: `CN`, another country's code.
    jurisdiction: str
    # Counts the versions of an office, from 1.
    edition: int
    title: str
    # How a fee cites its law.
    law: str
    legal_bases: list[dict[str, Any]] = Field(sa_column=Column(JsonColumn(), nullable=False))
    effective_from: date
    effective_until: date | None = None
    # Whether it was held against the office's own list; if not, the office's receipt decides.
    is_confirmed: bool
    note: str | None = None
    # By the name of a reduction the part in ppm that it takes off.
    reliefs: dict[str, int] = Field(sa_column=Column(JsonColumn(), nullable=False))
    schedules: list[dict[str, Any]] = Field(sa_column=Column(JsonColumn(), nullable=False))
    state: TariffState = Field(sa_column=Column(EnumText(TariffState), nullable=False))
    version: int = 1
    # None for what the ledger started with.
    proposed_by: UUID | None = None
    proposed_at: datetime | None = Field(
        default=None, sa_column=Column(InstantColumn(), nullable=True)
    )
    approved_by: UUID | None = None
    approved_at: datetime | None = Field(
        default=None, sa_column=Column(InstantColumn(), nullable=True)
    )


class RightFee(Base, table=True):
    """A fee that an office wants for a right; of an asset one at a time is owed."""

    __tablename__ = "right_fee"
    __table_args__ = (
        UniqueConstraint("asset_id", "number"),
        Index(
            "uq_right_fee_owed",
            "asset_id",
            unique=True,
            postgresql_where=text("state IN ('open', 'overdue')"),
        ),
        Index("ix_right_fee_center_id_due_on", "center_id", "due_on"),
        CheckConstraint("statutory_on <= due_on AND due_on <= grace_until", name="days"),
        CheckConstraint(
            "(state IN ('paid', 'paid_late', 'restored')) = (paid_on IS NOT NULL)"
            " AND (paid_on IS NULL) = (paid_fen IS NULL)"
            " AND (paid_on IS NULL) = (payer_org_id IS NULL)",
            name="paid_whole",
        ),
        CheckConstraint(
            "paid_on IS NULL OR (state = 'paid') = (paid_on <= due_on)", name="paid_in_time"
        ),
        CheckConstraint(
            "paid_on IS NULL OR state = 'restored' OR paid_on <= grace_until", name="paid_in_grace"
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    center_id: UUID
    asset_id: UUID = Field(foreign_key="ip_asset.id")
    number: int
    # The day of the calendar, and the working day on which it ends; both are included.
    statutory_on: date
    due_on: date
    grace_until: date
    # The whole fee, none where the office's tariff is not kept.
    amount_fen: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    law: str
    # The version of the tariff by which it is judged.
    tariff_id: UUID = Field(foreign_key="fee_tariff.id")
    state: FeeState = Field(sa_column=Column(EnumText(FeeState), nullable=False))
    # The reminder given last, in days before the last one.
    reminded_days: int | None = None
    paid_on: date | None = None
    paid_fen: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    surcharge_fen: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    relief: Relief = Field(
        default=Relief.NONE,
        sa_column=Column(EnumText(Relief), nullable=False, server_default="none"),
    )
    payer_org_id: UUID | None = None
    evidence_ids: list[UUID] = Field(
        default_factory=list,
        sa_column=Column(ARRAY(Uuid()), nullable=False, server_default="{}"),
    )
    opened_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))
    reported_by: UUID | None = None
    reported_at: datetime | None = Field(
        default=None, sa_column=Column(InstantColumn(), nullable=True)
    )


class RightRestoration(Base, table=True):
    """The office's decision that a right which had ended came back (细则6)."""

    __tablename__ = "right_restoration"
    __table_args__ = (
        UniqueConstraint("asset_id", "decision_no"),
        CheckConstraint(
            "ended_on <= counted_from AND counted_from <= requested_on AND"
            " requested_on <= decided_on",
            name="days",
        ),
        CheckConstraint("request_fee_fen >= 0", name="request_fee_fen"),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    center_id: UUID
    asset_id: UUID = Field(foreign_key="ip_asset.id")
    ground: RestorationGround = Field(sa_column=Column(EnumText(RestorationGround), nullable=False))
    # The last day of the right before it came back.
    ended_on: date
    # The day on which the obstacle was removed, or the notice received.
    counted_from: date
    requested_on: date
    decided_on: date
    decision_no: str
    request_fee_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    payer_org_id: UUID
    evidence_ids: list[UUID] = Field(sa_column=Column(ARRAY(Uuid()), nullable=False))
    reported_by: UUID
    reported_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))

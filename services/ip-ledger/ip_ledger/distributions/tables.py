"""Runs, their lines and rewards, who confirmed them, and what rounding still owes."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, UniqueConstraint, text
from sqlmodel import Field

from ip_ledger.base import Base
from ip_ledger.distributions.rules import RunKind, State
from ip_ledger.rewards.rules import Incentive
from shared.database import EnumText, InstantColumn, JsonColumn, new_id


class DistributionRun(Base, table=True):
    """One sharing-out of net income; its plan is fixed by `plan_hash`, only its state moves."""

    __tablename__ = "distribution_run"
    __table_args__ = (
        UniqueConstraint("reverses_id", name="uq_distribution_run_reverses_id"),
        Index("ix_distribution_run_center_id", "center_id"),
        # Two corrections of one run at once: the second finds the first one standing.
        Index(
            "uq_distribution_run_corrects_id",
            "corrects_id",
            unique=True,
            postgresql_where=text("state <> 'cancelled'"),
        ),
        CheckConstraint("(corrects_id IS NULL) = (effective_on IS NULL)", name="correction"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    center_id: UUID
    kind: RunKind = Field(sa_column=Column(EnumText(RunKind), nullable=False))
    state: State = Field(sa_column=Column(EnumText(State), nullable=False))
    version: int = 1
    plan_hash: str
    net_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    currency: str = "CNY"
    # What the plan was computed from, so that it can be computed again and compared.
    reward_rules: list[dict[str, Any]] = Field(sa_column=Column(JsonColumn(), nullable=False))
    closing: bool = False
    drafted_by: UUID
    drafted_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))
    approved_by: UUID | None = None
    approved_at: datetime | None = Field(
        default=None, sa_column=Column(InstantColumn(), nullable=True)
    )
    paid_by: UUID | None = None
    paid_on: date | None = None
    # When the ledger came to know that it is paid; `paid_on` is the day from which that holds.
    paid_at: datetime | None = Field(default=None, sa_column=Column(InstantColumn(), nullable=True))
    # A correcting run undoes this one when it is paid, both on the day that it names.
    corrects_id: UUID | None = Field(default=None, foreign_key="distribution_run.id")
    effective_on: date | None = None
    reverses_id: UUID | None = Field(default=None, foreign_key="distribution_run.id")
    reason: str | None = None


class DistributionRunEvent(Base, table=True):
    """The income that a run shares out; an event is in one standing run at most."""

    __tablename__ = "distribution_run_event"
    __table_args__ = (
        Index(
            "uq_distribution_run_event_standing",
            "event_id",
            unique=True,
            postgresql_where=text("standing"),
        ),
    )

    run_id: UUID = Field(foreign_key="distribution_run.id", primary_key=True)
    event_id: UUID = Field(foreign_key="revenue_event.id", primary_key=True)
    place: int
    standing: bool = True


class DistributionLine(Base, table=True):
    """What one payee gets of one event, with the share version and every step that led to it."""

    __tablename__ = "distribution_line"
    __table_args__ = (
        UniqueConstraint("run_id", "place"),
        Index("ix_distribution_line_payee_id", "payee_id"),
        CheckConstraint("ppm BETWEEN 0 AND 1000000", name="ppm"),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    run_id: UUID = Field(foreign_key="distribution_run.id")
    place: int
    event_id: UUID = Field(foreign_key="revenue_event.id")
    asset_id: UUID
    payee_id: UUID
    ppm: int
    # A reversing run's lines are the original's with the other sign.
    amount_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    ownership_version_id: UUID
    # The change of what rounding owes the payee, as an exact fraction over 1,000,000.
    carry_change: int = Field(sa_column=Column(BigInteger, nullable=False))
    explanation: list[dict[str, Any]] = Field(sa_column=Column(JsonColumn(), nullable=False))


class DistributionReward(Base, table=True):
    """What an owner owes its inventors out of its line, and the least that the law allows."""

    __tablename__ = "distribution_reward"
    __table_args__ = (
        UniqueConstraint("run_id", "place"),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    run_id: UUID = Field(foreign_key="distribution_run.id")
    place: int
    event_id: UUID = Field(foreign_key="revenue_event.id")
    owner_id: UUID
    rate_ppm: int
    amount_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    floor_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    rule: str
    basis: str | None = None
    form: Incentive = Field(
        default=Incentive.CASH,
        sa_column=Column(EnumText(Incentive), nullable=False, server_default="cash"),
    )
    inventors: list[dict[str, Any]] = Field(sa_column=Column(JsonColumn(), nullable=False))


class DistributionConfirmation(Base, table=True):
    """An owner's own account agreed to the plan with this hash."""

    __tablename__ = "distribution_confirmation"
    __table_args__ = ({"info": {"insert_only": True}},)

    run_id: UUID = Field(foreign_key="distribution_run.id", primary_key=True)
    owner_id: UUID = Field(primary_key=True)
    plan_hash: str
    confirmed_by: UUID
    confirmed_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))


class ShareCarry(Base, table=True):
    """What rounding still owes a party in a scope, as an exact fraction over 1,000,000 of a 分.

    The scope is the asset: shares are whole ppm, so that millionths of a 分 hold every fraction.
    """

    __tablename__ = "share_carry"

    scope_id: UUID = Field(primary_key=True)
    party_id: UUID = Field(primary_key=True)
    currency: str = Field(primary_key=True)
    millionths: int = Field(sa_column=Column(BigInteger, nullable=False))

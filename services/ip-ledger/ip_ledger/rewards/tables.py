"""Rewards of inventors, one row a person, with their payments; an owner's own use by year."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Column, Index, Uuid, text
from sqlmodel import Field

from ip_ledger.base import Base
from ip_ledger.rewards.rules import INCENTIVES, OWN_USE, Incentive, RewardKind, State
from shared.database import EnumText, InstantColumn, new_id
from shared.http.constraints import meaning
from shared.rules import Kind

meaning("uq_inventor_reward_grant_bonus", INCENTIVES, "ALREADY_EXISTS")
meaning("ck_inventor_reward_paid_fen", INCENTIVES, "PAYMENT_EXCEEDED", Kind.CONTENT)
meaning("uq_own_use_asset_id_owner_id", OWN_USE, "ALREADY_EXISTS")
meaning("pk_own_use_year", OWN_USE, "ALREADY_EXISTS")


class InventorReward(Base, table=True):
    """What an owner owes one inventor, and how much of it is paid."""

    __tablename__ = "inventor_reward"
    __table_args__ = (
        Index("ix_inventor_reward_center_id_id", "center_id", "id"),
        Index("ix_inventor_reward_owner_id", "owner_id"),
        Index("ix_inventor_reward_source_id", "source_id"),
        # A unit gives one bonus for a grant to each of its inventors.
        Index(
            "uq_inventor_reward_grant_bonus",
            "asset_id",
            "owner_id",
            "person_id",
            unique=True,
            postgresql_where=text("kind = 'grant_bonus' AND state <> 'cancelled'"),
        ),
        CheckConstraint("amount_fen >= 0", name="amount_fen"),
        CheckConstraint("paid_fen BETWEEN 0 AND amount_fen", name="paid_fen"),
        CheckConstraint("offset_fen BETWEEN 0 AND amount_fen - paid_fen", name="offset_fen"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    center_id: UUID
    asset_id: UUID = Field(foreign_key="ip_asset.id")
    owner_id: UUID
    person_id: UUID
    kind: RewardKind = Field(sa_column=Column(EnumText(RewardKind), nullable=False))
    form: Incentive = Field(sa_column=Column(EnumText(Incentive), nullable=False))
    amount_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    paid_fen: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    # What was paid to the same person by runs that were undone, and now settles this.
    offset_fen: int = Field(
        default=0, sa_column=Column(BigInteger, server_default="0", nullable=False)
    )
    # The least that the law sets for the whole reward of which this is a part.
    floor_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    law: str
    basis: str | None = None
    # The run, the year of own use, or nothing for a bonus.
    source_id: UUID | None = None
    due_on: date | None = None
    is_head_of_unit: bool = False
    published_on: date | None = None
    publicity_file_id: UUID | None = None
    state: State = Field(sa_column=Column(EnumText(State), nullable=False))
    version: int = 1
    recorded_by: UUID
    recorded_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))


class RewardOffset(Base, table=True):
    """What was paid of a reward that was cancelled settles another one of the same person."""

    __tablename__ = "reward_offset"
    __table_args__ = (
        Index("ix_reward_offset_to_id", "to_id"),
        CheckConstraint("amount_fen > 0", name="amount_fen"),
        {"info": {"insert_only": True}},
    )

    from_id: UUID = Field(foreign_key="inventor_reward.id", primary_key=True)
    to_id: UUID = Field(foreign_key="inventor_reward.id", primary_key=True)
    amount_fen: int = Field(sa_column=Column(BigInteger, nullable=False))


class InventorPayment(Base, table=True):
    """A payment to an inventor; corrected by a reversing entry, never edited."""

    __tablename__ = "inventor_payment"
    __table_args__ = (
        Index("ix_inventor_payment_reward_id", "reward_id"),
        CheckConstraint("amount_fen > 0", name="amount_fen"),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    reward_id: UUID = Field(foreign_key="inventor_reward.id")
    amount_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    paid_on: date
    evidence_ids: list[UUID] = Field(sa_column=Column(ARRAY(Uuid()), nullable=False))
    entry_id: UUID = Field(foreign_key="journal_entry.id")
    recorded_by: UUID
    recorded_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))


class OwnUse(Base, table=True):
    """An owner that makes use of an asset itself, from the day on which production began."""

    __tablename__ = "own_use"
    __table_args__ = (
        Index("uq_own_use_asset_id_owner_id", "asset_id", "owner_id", unique=True),
        CheckConstraint("agreed_years BETWEEN 3 AND 5", name="agreed_years"),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    center_id: UUID
    asset_id: UUID = Field(foreign_key="ip_asset.id")
    owner_id: UUID
    started_on: date
    is_institution: bool
    agreed_years: int
    recorded_by: UUID
    recorded_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))


class OwnUseYear(Base, table=True):
    """A year's operating profit of own use, and what of it the inventors are owed."""

    __tablename__ = "own_use_year"
    __table_args__ = ({"info": {"insert_only": True}},)

    use_id: UUID = Field(foreign_key="own_use.id", primary_key=True)
    year: int = Field(primary_key=True)
    id: UUID = Field(default_factory=new_id)
    profit_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    rate_ppm: int | None = None
    basis: str | None = None
    is_owed: bool
    amount_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    floor_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    recorded_by: UUID
    recorded_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))

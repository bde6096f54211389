"""Pools of membership benefits, as they were divided."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, text
from sqlmodel import Field

from ip_ledger.agreements.rules import ExitMethod
from ip_ledger.base import Base
from ip_ledger.benefits.rules import BENEFITS
from ip_ledger.undone import UNDOING, Undoable, undoable
from shared.database import EnumText, InstantColumn, JsonColumn, new_id
from shared.http.constraints import meaning

meaning("uq_benefit_division_center_id_external_id", BENEFITS, "ALREADY_EXISTS")


class BenefitDivision(Undoable, Base, table=True):
    """A year's pool divided by the agreement's shares of benefit; its lines sum to it.

    Of a name one division stands: what was divided wrongly is undone, and divided anew.
    """

    __tablename__ = "benefit_division"
    __table_args__ = (
        Index(
            "uq_benefit_division_center_id_external_id",
            "center_id",
            "external_id",
            unique=True,
            postgresql_where=text("undone_at IS NULL"),
        ),
        CheckConstraint("pool_fen > 0", name="pool_fen"),
        *undoable("resolved_on"),
        {"info": {"insert_only": True, "closing": UNDOING}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    center_id: UUID
    external_id: str
    year: int
    agreement_id: UUID = Field(foreign_key="agreement.id")
    method: ExitMethod = Field(sa_column=Column(EnumText(ExitMethod), nullable=False))
    pool_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    incomes: list[dict[str, Any]] = Field(sa_column=Column(JsonColumn(), nullable=False))
    # By org id: the share of benefit, the last day of membership if any, and the amount.
    lines: list[dict[str, Any]] = Field(sa_column=Column(JsonColumn(), nullable=False))
    resolved_on: date
    resolution_file_id: UUID
    entry_id: UUID = Field(foreign_key="journal_entry.id")
    recorded_by: UUID
    recorded_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))

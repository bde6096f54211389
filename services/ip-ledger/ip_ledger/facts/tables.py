"""Facts: one row for every state of a record that a reader of the year's figures may have seen."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, UniqueConstraint
from sqlmodel import Field

from ip_ledger.base import Base
from ip_ledger.facts.rules import LedgerFactKind
from shared.database import EnumText, InstantColumn, JsonColumn, new_id


class LedgerFact(Base, table=True):
    """What was known of a record from an instant on; a later state supersedes it."""

    __tablename__ = "ledger_fact"
    __table_args__ = (
        Index("ix_ledger_fact_center_id_occurred_on", "center_id", "occurred_on", "id"),
        Index("ix_ledger_fact_subject_id_recorded_at", "subject_id", "recorded_at"),
        # A record's states follow one another: two of them never replace the same one.
        UniqueConstraint("supersedes_id"),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    center_id: UUID
    kind: LedgerFactKind = Field(sa_column=Column(EnumText(LedgerFactKind), nullable=False))
    subject_id: UUID
    occurred_on: date
    recorded_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))
    external_id: str | None = None
    submitted_by_org_id: UUID | None = None
    payload: dict[str, Any] = Field(sa_column=Column(JsonColumn(), nullable=False))
    evidence: list[str] = Field(sa_column=Column(JsonColumn(), nullable=False))
    supersedes_id: UUID | None = Field(default=None, foreign_key="ledger_fact.id")

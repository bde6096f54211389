"""The one table of facts: written once, corrected only by a later fact."""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from registry.base import Base
from registry.facts.rules import APPEND_ONLY, CONFIDENTIAL, REPEATED, ChainStage, FactKind
from shared.database import Audience, EnumText, InstantColumn, JsonColumn, new_id, resource
from shared.http.constraints import meaning

ONE_REFERENCE: Final = "uq_fact_reference"
ONE_CORRECTION: Final = "uq_fact_supersedes_id"


class Fact(Base, table=True):
    """Something that happened at a centre: when it happened, and when it became known.

    `external_id` is the posting organization's own reference; a correction keeps the reference of
    what it corrects. `is_member`, `is_sme` and `region_code` are the other side's, as the register
    had them for the day it happened.
    """

    __tablename__ = "fact"
    __table_args__ = (
        CheckConstraint("(supersedes_id IS NULL) = (reason IS NULL)", name="correction_says_why"),
        # Posting again is safe because the organization's reference is taken once.
        Index(
            ONE_REFERENCE,
            "center_id",
            "submitted_by_org_id",
            "external_id",
            unique=True,
            postgresql_where=text("supersedes_id IS NULL"),
        ),
        Index("ix_fact_center_id_recorded_at", "center_id", "recorded_at", "id"),
        # What a year comes to is read from here alone.
        Index(
            "ix_fact_occurred_on",
            "occurred_on",
            "kind",
            "center_id",
            postgresql_include=["id", "chain_stage", "is_sme", "is_member", "region_code"],
        ),
        # Few facts correct another one: the others stand in no index for it.
        Index(
            ONE_CORRECTION,
            "supersedes_id",
            unique=True,
            postgresql_where=text("supersedes_id IS NOT NULL"),
        ),
        Index("ix_fact_submitted_by_org_id", "submitted_by_org_id", "recorded_at", "id"),
        Index("ix_fact_recorded_at", "recorded_at", "id"),
        Index("ix_fact_kind_recorded_at", "kind", "recorded_at", "id"),
        Index("ix_fact_center_id_kind_occurred_on", "center_id", "kind", "occurred_on"),
        {
            "info": {
                "insert_only": True,
                **resource("fact", Audience.MEMBERS, untold=("kind", CONFIDENTIAL)),
            }
        },
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    center_id: UUID = Field(foreign_key="center.id")
    kind: FactKind = Field(sa_column=Column(EnumText(FactKind), nullable=False))
    chain_stage: ChainStage | None = Field(default=None, sa_column=Column(EnumText(ChainStage)))
    occurred_on: date
    recorded_at: datetime = Field(sa_type=InstantColumn)
    external_id: str
    submitted_by_org_id: UUID = Field(foreign_key="organization.id")
    submitted_by_person_id: UUID
    payload: dict[str, Any] = Field(sa_column=Column(JsonColumn(), nullable=False))
    content_sha256: str
    evidence: list[UUID] = Field(sa_column=Column(ARRAY(Uuid()), nullable=False))
    supersedes_id: UUID | None = Field(default=None, foreign_key="fact.id")
    reason: str | None = None
    is_member: bool | None = None
    is_sme: bool | None = None
    region_code: str | None = None


# Two requests can use a reference, or correct a fact, together; only the database sees both.
meaning(ONE_REFERENCE, REPEATED, "EXTERNAL_ID_MISMATCH")
meaning(ONE_CORRECTION, APPEND_ONLY, "FACT_SUPERSEDED")

"""Openings and their approvals; what an opening says is never changed."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, text
from sqlmodel import Field

from ip_ledger.base import Base
from ip_ledger.openings.rules import OPENING, State, Subject
from shared.database import EnumText, InstantColumn, JsonColumn, new_id
from shared.http.constraints import meaning
from shared.rules import Kind

meaning("uq_book_opening_standing", OPENING, "ALREADY_EXISTS")
meaning("pk_book_opening_approval", OPENING, "STATE_CONFLICT")
meaning("uq_book_opening_approval_person", OPENING, "SOD_VIOLATION", Kind.SCOPE)


class BookOpening(Base, table=True):
    """What stood on a day, by whose file, and what became of it."""

    __tablename__ = "book_opening"
    __table_args__ = (
        # Balances and agreement of a centre, and the owners of an asset, come in once.
        Index("uq_book_opening_standing", "subject", "subject_id", unique=True,
              postgresql_where=text("state <> 'withdrawn'")),
        Index("ix_book_opening_center_id_id", "center_id", "id"),
        CheckConstraint("(state = 'entered') = (entered_at IS NOT NULL)", name="entered_at"),
    )  # fmt: skip

    id: UUID = Field(default_factory=new_id, primary_key=True)
    center_id: UUID
    subject: Subject = Field(sa_column=Column(EnumText(Subject), nullable=False))
    # The asset whose owners it names, else the centre.
    subject_id: UUID
    on: date
    source: str
    source_file_id: UUID
    source_sha256: str
    content: dict[str, Any] = Field(sa_column=Column(JsonColumn(), nullable=False))
    content_sha256: str
    state: State = Field(sa_column=Column(EnumText(State), nullable=False))
    version: int = 1
    proposed_by: UUID
    proposed_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))
    entered_at: datetime | None = Field(
        default=None, sa_column=Column(InstantColumn(), nullable=True)
    )


class BookOpeningApproval(Base, table=True):
    """One of the two approvals; the same person cannot give both."""

    __tablename__ = "book_opening_approval"
    __table_args__ = (
        Index("uq_book_opening_approval_person", "opening_id", "person_id", unique=True),
        CheckConstraint("place IN (1, 2)", name="place"),
        {"info": {"insert_only": True}},
    )

    opening_id: UUID = Field(foreign_key="book_opening.id", primary_key=True)
    place: int = Field(primary_key=True)
    person_id: UUID
    org_id: UUID | None = None
    is_official: bool
    content_sha256: str
    approved_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))

"""Snapshots, results and what was decided on them: rows that are written once."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    LargeBinary,
    Numeric,
    UniqueConstraint,
)
from sqlmodel import Field

from evaluation.base import Base
from evaluation.results import rules
from evaluation.schemes.rules import Rating
from shared.database import EnumText, InstantColumn, JsonColumn, new_id
from shared.http.constraints import meaning

meaning("uq_fact_snapshot_case_id", rules.FROZEN, "STATE_CONFLICT")
meaning("uq_evaluation_result_case_id_version", rules.FROZEN, "STATE_CONFLICT")


class FactSnapshot(Base, table=True):
    """The facts of a case as known at the cut-off: canonical JSON, and the hash of its bytes.

    The positions say up to where of each feed the facts are complete.
    """

    __tablename__ = "fact_snapshot"
    __table_args__ = (
        UniqueConstraint("case_id", name="uq_fact_snapshot_case_id"),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    case_id: UUID = Field(foreign_key="evaluation_case.id")
    center_id: UUID
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    hash: str
    cutoff_at: datetime = Field(sa_type=InstantColumn())
    registry_position: int = Field(sa_type=BigInteger)
    ip_ledger_position: int = Field(sa_type=BigInteger)
    registry_facts: int
    ip_ledger_facts: int
    plan_version: str | None = None
    report_state: str
    taken_at: datetime = Field(sa_type=InstantColumn())


class EvaluationResult(Base, table=True):
    """A computed result; a later version supersedes it and leaves it as it is.

    `document` is the canonical JSON that `result_hash` is the SHA-256 of.
    """

    __tablename__ = "evaluation_result"
    __table_args__ = (
        UniqueConstraint("case_id", "version", name="uq_evaluation_result_case_id_version"),
        CheckConstraint("total >= 0 AND total <= 100", name="total"),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    case_id: UUID = Field(foreign_key="evaluation_case.id")
    center_id: UUID
    year: int
    version: int
    snapshot_id: UUID = Field(foreign_key="fact_snapshot.id")
    document: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    result_hash: str
    sheets_hash: str
    total: Decimal = Field(sa_type=Numeric(5, 2))
    rating: Rating = Field(sa_type=EnumText(Rating))
    near_boundary: bool
    hinges_on_sheet: bool = False
    computed_at: datetime = Field(sa_type=InstantColumn())

    @property
    def in_grey_zone(self) -> bool:
        """Whether it is not published without a second reading."""
        return self.near_boundary or self.hinges_on_sheet


class ResultInput(Base, table=True):
    """The score sheets that a result was computed from, as they stood, without any name.

    With the snapshot and the frozen scheme it is all that the result can be computed again from,
    whatever becomes of a sheet later. `content` is canonical JSON (`replay_rules`).
    """

    __tablename__ = "result_input"
    __table_args__ = ({"info": {"insert_only": True}},)

    result_id: UUID = Field(foreign_key="evaluation_result.id", primary_key=True)
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class ExactResult(Base, table=True):
    """What a result's document shows rounded, as exact fractions (`rules.exact_figures`).

    Ranks and robustness come from it. It follows from the result's inputs, as the document does.
    """

    __tablename__ = "exact_result"
    __table_args__ = ({"info": {"insert_only": True}},)

    result_id: UUID = Field(foreign_key="evaluation_result.id", primary_key=True)
    content: dict[str, Any] = Field(sa_column=Column(JsonColumn(), nullable=False))


class LeafReopening(Base, table=True):
    """Leaves that an objection reopened, and the facts as known then, for them alone.

    `content` is canonical JSON that `hash` is the SHA-256 of; the snapshot stays as it is.
    """

    __tablename__ = "leaf_reopening"
    __table_args__ = (
        Index("ix_leaf_reopening_case_id", "case_id"),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    objection_id: UUID = Field(foreign_key="result_objection.id", unique=True)
    case_id: UUID = Field(foreign_key="evaluation_case.id")
    result_id: UUID = Field(foreign_key="evaluation_result.id")
    codes: list[str] = Field(sa_column=Column(JsonColumn(), nullable=False))
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    hash: str
    known_at: datetime = Field(sa_type=InstantColumn())
    reopened_at: datetime = Field(sa_type=InstantColumn())


class SecondReading(Base, table=True):
    """A second look at a total near a grade's bound."""

    __tablename__ = "second_reading"
    __table_args__ = (
        Index("ix_second_reading_result_id", "result_id"),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    result_id: UUID = Field(foreign_key="evaluation_result.id")
    person_id: UUID
    conclusion: rules.ReadingConclusion = Field(sa_type=EnumText(rules.ReadingConclusion))
    reason: str
    read_at: datetime = Field(sa_type=InstantColumn())


class ResultReview(Base, table=True):
    """The reviewer's word that a result may be published."""

    __tablename__ = "result_review"
    __table_args__ = ({"info": {"insert_only": True}},)

    result_id: UUID = Field(foreign_key="evaluation_result.id", primary_key=True)
    person_id: UUID
    reviewed_at: datetime = Field(sa_type=InstantColumn())


class ResultPublication(Base, table=True):
    """A result as it was published."""

    __tablename__ = "result_publication"
    __table_args__ = (
        Index("ix_result_publication_year", "year", "center_id"),
        {"info": {"insert_only": True}},
    )

    result_id: UUID = Field(foreign_key="evaluation_result.id", primary_key=True)
    case_id: UUID = Field(foreign_key="evaluation_case.id")
    center_id: UUID
    year: int
    version: int
    person_id: UUID
    published_at: datetime = Field(sa_type=InstantColumn())


class TakenRating(Base, table=True):
    """A rating that was given elsewhere, as the registry took it over; nothing computes it again.

    A year that is published here takes its place.
    """

    __tablename__ = "taken_rating"
    __table_args__ = (
        UniqueConstraint("center_id", "kind", "year", name="uq_taken_rating_year"),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    center_id: UUID
    kind: str
    year: int
    rating: Rating = Field(sa_column=Column(EnumText(Rating), nullable=False))
    total: str
    sha256: str
    imported_from: str
    imported_on: date
    taken_at: datetime = Field(sa_type=InstantColumn())

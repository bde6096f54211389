"""Triennial assessments; the document of a version is what its hash names."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, LargeBinary, Numeric, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlmodel import Field

from evaluation.assessments import round_rules, rules
from evaluation.base import Base
from evaluation.schemes.rules import Rating
from shared.database import EnumText, InstantColumn, new_id
from shared.http.constraints import meaning

ONE_STANDING = "uq_triennial_assessment_standing"
# Two drafts at once: the table keeps one.
meaning(ONE_STANDING, rules.PERIODIC, "STATE_CONFLICT")
NO_OVERLAP = "ex_triennial_assessment_years_apart"
meaning(NO_OVERLAP, rules.PERIODIC, "YEARS_OVERLAP")

# Whoever opens a second round of the years would close it beside the first.
meaning("uq_assessment_round_last_year", rules.PERIODIC, "ALREADY_EXISTS")
meaning("pk_round_explanation", rules.PERIODIC, "STATE_CONFLICT")


class TriennialAssessment(Base, table=True):
    """Three years of a centre, ending with `last_year`."""

    __tablename__ = "triennial_assessment"
    __table_args__ = (
        CheckConstraint("abs(adjustment) <= 5", name="adjustment_bounded"),
        CheckConstraint("total >= 0 AND total <= 100", name="total"),
        CheckConstraint(
            "(state = 'published') <= (published_at IS NOT NULL)", name="published_when"
        ),
        Index(
            ONE_STANDING,
            "center_id",
            "last_year",
            unique=True,
            postgresql_where=text("state <> 'reopened'"),
        ),
        # Every third year: no year counts in two assessments that stand.
        ExcludeConstraint(
            ("center_id", "="),
            (text("int4range(last_year - 2, last_year, '[]')"), "&&"),
            name=NO_OVERLAP,
            using="gist",
            where=text("state <> 'reopened'"),
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    center_id: UUID
    last_year: int
    method: rules.TriennialMethod = Field(sa_type=EnumText(rules.TriennialMethod))
    state: rules.AssessmentState = Field(
        default=rules.AssessmentState.DRAFTED, sa_type=EnumText(rules.AssessmentState)
    )
    score: Decimal = Field(sa_type=Numeric(5, 2))
    adjustment: Decimal = Field(default=Decimal(0), sa_type=Numeric(4, 2))
    adjustment_reason: str = ""
    total: Decimal = Field(sa_type=Numeric(5, 2))
    rating: Rating = Field(sa_type=EnumText(Rating))
    document: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    result_hash: str
    version: int = 1
    drafted_at: datetime = Field(sa_type=InstantColumn())
    reviewed_at: datetime | None = Field(default=None, sa_type=InstantColumn())
    published_at: datetime | None = Field(default=None, sa_type=InstantColumn())


class AssessmentRound(Base, table=True):
    """The assessments of all centres over the three years that end with `last_year`."""

    __tablename__ = "assessment_round"
    __table_args__ = (
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    last_year: int = Field(unique=True)
    due_on: date
    state: round_rules.RoundState = Field(
        default=round_rules.RoundState.OPEN, sa_type=EnumText(round_rules.RoundState)
    )
    version: int = 1
    opened_at: datetime = Field(sa_type=InstantColumn())
    closed_at: datetime | None = Field(default=None, sa_type=InstantColumn())


class RoundExplanation(Base, table=True):
    """Why a centre is not assessed in a round."""

    __tablename__ = "round_explanation"
    __table_args__ = ({"info": {"insert_only": True}},)

    round_id: UUID = Field(foreign_key="assessment_round.id", primary_key=True)
    center_id: UUID = Field(primary_key=True)
    reason: str
    person_id: UUID
    explained_at: datetime = Field(sa_type=InstantColumn())

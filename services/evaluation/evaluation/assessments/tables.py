"""Triennial assessments; the document of a version is what its hash names."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, LargeBinary, Numeric, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlmodel import Field

from evaluation.assessments import rules
from evaluation.base import Base
from evaluation.schemes.rules import Rating
from shared.database import EnumText, InstantColumn, new_id
from shared.http.constraints import meaning

ONE_STANDING = "uq_triennial_assessment_standing"
# Two drafts at once: the table keeps one.
meaning(ONE_STANDING, rules.PERIODIC, "STATE_CONFLICT")
NO_OVERLAP = "ex_triennial_assessment_years_apart"
meaning(NO_OVERLAP, rules.PERIODIC, "YEARS_OVERLAP")


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

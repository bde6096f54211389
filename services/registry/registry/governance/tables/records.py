"""What a centre keeps of how it works, and what its steps from stage to stage rest on."""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, UniqueConstraint, text
from sqlmodel import Field

from registry.base import Base
from registry.centers.rules import Stage
from registry.governance.rules import (
    DirectionState,
    DocumentKind,
    Opinion,
    RatingKind,
    RectificationState,
    Theme,
)
from registry.governance.rules.rectifying import RECTIFICATION
from shared.database import Audience, EnumText, InstantColumn, JsonColumn, new_id, resource
from shared.http.constraints import meaning

ONE_RECTIFICATION: Final = "uq_rectification_one_open"
meaning(ONE_RECTIFICATION, RECTIFICATION, "STATE_CONFLICT")


class CenterDocument(Base, table=True):
    """A document of a centre: articles, a regulation, a mechanism, the pilot's summary."""

    __tablename__ = "center_document"
    __table_args__ = (
        Index("ix_center_document_center_id", "center_id", "kind"),
        CheckConstraint("valid_until >= valid_from", name="days_in_order"),
        {"info": resource("center_document", Audience.OPERATORS)},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version: int = 1
    center_id: UUID = Field(foreign_key="center.id")
    kind: DocumentKind = Field(sa_column=Column(EnumText(DocumentKind), nullable=False))
    title: str
    file_id: UUID = Field(foreign_key="stored_file.id")
    valid_from: date
    valid_until: date | None = None
    person_id: UUID
    at: datetime = Field(sa_type=InstantColumn)


class Responsibility(Base, table=True):
    """A line of the responsibility matrix: who proposes, decides, carries out and watches."""

    __tablename__ = "responsibility"
    __table_args__ = ({"info": resource("responsibility", Audience.OPERATORS)},)

    center_id: UUID = Field(foreign_key="center.id", primary_key=True)
    place: int = Field(primary_key=True)
    # By which feed and dumps name it.
    id: UUID = Field(default_factory=new_id, unique=True)
    matter: str
    decides: str
    carries_out: str
    proposes: str | None = None
    supervises: str | None = None


class PilotTheme(Base, table=True):
    """What a pilot tries out, with its report when there is one (A103)."""

    __tablename__ = "pilot_theme"
    __table_args__ = (
        CheckConstraint(
            "(report_text IS NULL) = (reported_on IS NULL)", name="reported_with_a_text"
        ),
        {"info": resource("pilot_theme", Audience.OPERATORS)},
    )

    center_id: UUID = Field(foreign_key="center.id", primary_key=True)
    theme: Theme = Field(sa_column=Column(EnumText(Theme), primary_key=True))
    # By which feed and dumps name it.
    id: UUID = Field(default_factory=new_id, unique=True)
    named_on: date
    plan_text: str
    report_text: str | None = None
    report_file_id: UUID | None = Field(default=None, foreign_key="stored_file.id")
    reported_on: date | None = None


class ResearchDirection(Base, table=True):
    """A direction of research with the technical committee's opinion (A081)."""

    __tablename__ = "research_direction"
    __table_args__ = (
        Index("ix_research_direction_center_id", "center_id"),
        {"info": resource("research_direction", Audience.OPERATORS)},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version: int = 1
    center_id: UUID = Field(foreign_key="center.id")
    title: str
    summary: str
    field_code: str | None = None
    state: DirectionState = Field(
        default=DirectionState.PROPOSED, sa_column=Column(EnumText(DirectionState), nullable=False)
    )
    opinion: Opinion | None = Field(default=None, sa_column=Column(EnumText(Opinion)))
    opinion_text: str | None = None
    opinion_body_id: UUID | None = Field(default=None, foreign_key="governance_body.id")
    opinion_on: date | None = None
    file_id: UUID | None = Field(default=None, foreign_key="stored_file.id")
    at: datetime = Field(sa_type=InstantColumn)


class NationalDossier(Base, table=True):
    """A centre's dossier for the national level; handed in, it is not edited (A123).

    `alliance_coverage_ppm` is the share of the field's national platforms that the alliance joins.
    """

    __tablename__ = "national_dossier"
    __table_args__ = (
        CheckConstraint("alliance_coverage_ppm BETWEEN 0 AND 1000000", name="coverage_is_a_share"),
        {"info": resource("national_dossier", Audience.OPERATORS)},
    )

    center_id: UUID = Field(foreign_key="center.id", primary_key=True)
    # By which feed and dumps name it.
    id: UUID = Field(default_factory=new_id, unique=True)
    version: int = 1
    text: str
    alliance_coverage_ppm: int | None = None
    file_ids: list[str] = Field(sa_column=Column(JsonColumn(), nullable=False))
    submitted_on: date | None = None


class StageRecommendation(Base, table=True):
    """One person's word for a step that another takes; it lapses with the next step (X03).

    `gaps` are the national conditions as they stood, `told` what evaluation said.
    """

    __tablename__ = "stage_recommendation"
    __table_args__ = (
        Index(
            "ix_stage_recommendation_open",
            "center_id",
            "to_stage",
            postgresql_where=text("closed_at IS NULL"),
        ),
        {"info": resource("stage_recommendation")},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    center_id: UUID = Field(foreign_key="center.id")
    to_stage: Stage = Field(sa_column=Column(EnumText(Stage), nullable=False))
    text: str
    person_id: UUID
    gaps: list[dict[str, Any]] | None = Field(default=None, sa_column=Column(JsonColumn()))
    told: dict[str, Any] = Field(sa_column=Column(JsonColumn(), nullable=False))
    at: datetime = Field(sa_type=InstantColumn)
    closed_at: datetime | None = Field(default=None, sa_type=InstantColumn)


class CenterRating(Base, table=True):
    """A rating of a centre as evaluation's feed told it; a later version stands beside it."""

    __tablename__ = "center_rating"
    __table_args__ = (
        UniqueConstraint("center_id", "kind", "year", "version", name="uq_center_rating_version"),
        {"info": {"insert_only": True, **resource("center_rating", Audience.OPERATORS)}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    center_id: UUID = Field(foreign_key="center.id")
    kind: RatingKind = Field(sa_column=Column(EnumText(RatingKind), nullable=False))
    year: int
    version: int
    rating: str
    total: str
    result_id: UUID | None = None
    result_hash: str
    at: datetime = Field(sa_type=InstantColumn)
    # Of what was taken over: where from, and the day on which it stood so there.
    imported_from: str | None = None
    imported_on: date | None = None


class Rectification(Base, table=True):
    """A year in which a centre mends what was found, with its plan and its re-check (C2)."""

    __tablename__ = "rectification"
    __table_args__ = (
        Index(
            ONE_RECTIFICATION,
            "center_id",
            unique=True,
            postgresql_where=text("state IN ('ordered', 'planned', 'passed', 'failed')"),
        ),
        Index("ix_rectification_center_id", "center_id"),
        {"info": resource("rectification", Audience.OPERATORS)},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version: int = 1
    center_id: UUID = Field(foreign_key="center.id")
    kind: RatingKind | None = Field(default=None, sa_column=Column(EnumText(RatingKind)))
    year: int | None = None
    state: RectificationState = Field(
        default=RectificationState.ORDERED,
        sa_column=Column(EnumText(RectificationState), nullable=False),
    )
    ordered_on: date
    plan_due_on: date
    due_on: date
    plan_text: str | None = None
    plan_file_id: UUID | None = Field(default=None, foreign_key="stored_file.id")
    plan_filed_on: date | None = None
    rechecked_on: date | None = None
    recheck_text: str | None = None
    recheck_file_id: UUID | None = Field(default=None, foreign_key="stored_file.id")
    rechecked_by: UUID | None = None

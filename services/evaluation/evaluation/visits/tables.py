"""Reports of site visits and their signatures."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Column, text
from sqlmodel import Field

from evaluation.base import Base
from evaluation.duties.rules import SubjectType
from evaluation.visits import rules
from shared.database import EnumText, InstantColumn, JsonColumn, new_id
from shared.http.constraints import meaning

meaning("uq_site_visit_panel_id", rules.VISIT, "STATE_CONFLICT")
meaning("pk_visit_signature", rules.VISIT, "STATE_CONFLICT")


class SiteVisit(Base, table=True):
    """The report of a visit, one for each panel; `version` and `hash` name its present content."""

    __tablename__ = "site_visit"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    panel_id: UUID = Field(foreign_key="panel.id", unique=True)
    subject_type: SubjectType = Field(sa_type=EnumText(SubjectType))
    subject_id: UUID = Field(index=True)
    center_id: UUID
    visited_on: date
    report_file_id: UUID
    report_sha256: str
    # Photographs and whatever else shows it, with the hashes that the registry keeps.
    evidence: list[dict[str, str | None]] = Field(
        default_factory=list,
        sa_column=Column(JsonColumn(), nullable=False, server_default=text("'[]'::jsonb")),
    )
    state: rules.State = Field(
        default=rules.State.REPORTED,
        sa_type=EnumText(rules.State),
    )
    version: int = 1
    hash: str = ""
    reported_at: datetime = Field(sa_type=InstantColumn())


class VisitExpert(Base, table=True):
    """An expert who went."""

    __tablename__ = "visit_expert"
    __table_args__ = ({"info": {"insert_only": True}},)

    visit_id: UUID = Field(foreign_key="site_visit.id", primary_key=True)
    expert_id: UUID = Field(foreign_key="expert.id", primary_key=True)
    person_id: UUID


class VisitSignature(Base, table=True):
    """An expert's signature under one version of a report."""

    __tablename__ = "visit_signature"
    __table_args__ = ({"info": {"insert_only": True}},)

    visit_id: UUID = Field(foreign_key="site_visit.id", primary_key=True)
    version: int = Field(primary_key=True)
    expert_id: UUID = Field(foreign_key="expert.id", primary_key=True)
    person_id: UUID
    hash: str
    signed_at: datetime = Field(sa_type=InstantColumn())

"""Releases of dossiers."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field

from evaluation.base import Base
from evaluation.dossiers import rules
from shared.database import EnumText, InstantColumn, JsonColumn, new_id


class AgencyDossier(Base, table=True):
    """A centre's published results, released to an agency; `until_on` is its last day.

    What is read is put together when it is asked for, so that nothing outdated is handed on.
    """

    __tablename__ = "agency_dossier"
    __table_args__ = (
        Index("ix_agency_dossier_agency_id", "agency_id"),
        Index("ix_agency_dossier_center_id", "center_id"),
        CheckConstraint("first_year <= last_year", name="years"),
        CheckConstraint("(state = 'withdrawn') = (withdrawn_at IS NOT NULL)", name="withdrawn"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    agency_id: UUID
    center_id: UUID
    parts: list[str] = Field(sa_type=JsonColumn())
    first_year: int
    last_year: int
    purpose: str
    until_on: date
    state: rules.DossierState = Field(
        default=rules.DossierState.RELEASED, sa_type=EnumText(rules.DossierState)
    )
    released_by: UUID
    released_at: datetime = Field(sa_type=InstantColumn())
    withdrawn_at: datetime | None = Field(default=None, sa_type=InstantColumn())
    withdrawal_reason: str | None = None
    version: int = 1

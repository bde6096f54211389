"""Copies of the registry's rows; `position` is the registry's feed position they stem from."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, text
from sqlmodel import Field

from shared.database.base import JsonColumn, Unjudged, new_registry


class DirectoryBase(Unjudged, registry=new_registry()):
    """The tables of the copy, which only services other than the registry have."""


class DirectoryCenter(DirectoryBase, table=True):
    """A centre, candidate or listed."""

    __tablename__ = "directory_center"

    id: UUID = Field(primary_key=True)
    code: str | None = None
    name: str
    stage: str
    model_type: str
    applicant_form: str
    legal_entity_id: UUID | None = Field(default=None, index=True)
    lead_sponsor_id: UUID = Field(index=True)
    trustee_org_id: UUID | None = None
    listed_on: date | None = None
    position: int = Field(sa_column=Column(BigInteger, nullable=False))


class DirectoryMembership(DirectoryBase, table=True):
    """An organization in a centre; `left_on` is its last day."""

    __tablename__ = "directory_membership"
    __table_args__ = (
        Index("ix_directory_membership_center_id", "center_id"),
        Index("ix_directory_membership_org_id", "org_id"),
    )

    id: UUID = Field(primary_key=True)
    center_id: UUID = Field(foreign_key="directory_center.id")
    org_id: UUID
    role: str
    state: str
    joined_on: date | None = None
    left_on: date | None = None


class DirectoryOrganization(DirectoryBase, table=True):
    """An organization."""

    __tablename__ = "directory_organization"
    __table_args__ = (
        # What an organization holds is looked up from above; most are held by nobody.
        Index(
            "ix_directory_organization_parent_uscc",
            "parent_uscc",
            postgresql_where=text("parent_uscc IS NOT NULL"),
        ),
    )

    id: UUID = Field(primary_key=True)
    uscc: str = Field(unique=True)
    name: str
    org_type: str
    legal_person_kind: str
    region_code: str
    is_sme: bool
    parent_uscc: str | None = None
    # The day of its founding as it was registered; none in entries kept before it was told.
    registered_on: date | None = None
    # Who stands in its place: the last of a chain, as the registry decides.
    successor_id: UUID | None = Field(default=None, index=True)
    position: int = Field(sa_column=Column(BigInteger, nullable=False))


class DirectoryPolicy(DirectoryBase, table=True):
    """A policy version of the programme."""

    __tablename__ = "directory_policy"

    version: str = Field(primary_key=True)
    effective_from: date
    effective_to: date | None = None
    clauses: dict[str, Any] = Field(sa_type=JsonColumn)
    parameters: dict[str, Any] = Field(sa_type=JsonColumn)


class DirectoryDay(DirectoryBase, table=True):
    """A day that the programme's office declared worked or free (X10)."""

    __tablename__ = "directory_day"

    day: date = Field(primary_key=True)
    is_working: bool
    position: int = Field(sa_column=Column(BigInteger, nullable=False))

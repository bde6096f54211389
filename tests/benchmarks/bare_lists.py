"""The list that a Python team would write: SQLModel rows through a response model.

uvicorn runs `app` on the very rows of the registry; nobody is asked who he is.
"""

import os
from collections.abc import AsyncIterator
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, FastAPI
from sqlalchemy import Column
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import registry
from sqlalchemy.types import String, Uuid
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession


class Base(SQLModel, registry=registry()):
    """Tables of this peer alone."""


class FactBase(SQLModel):
    """What is told of a fact."""

    center_id: UUID
    kind: str
    chain_stage: str | None
    occurred_on: date
    recorded_at: datetime
    external_id: str
    submitted_by_org_id: UUID
    payload: dict[str, Any] = Field(sa_type=JSONB)
    supersedes_id: UUID | None
    reason: str | None
    is_member: bool | None
    is_sme: bool | None
    region_code: str | None


class Fact(FactBase, Base, table=True):
    """A fact as it is kept."""

    __tablename__ = "fact"

    id: UUID = Field(primary_key=True)
    evidence: list[UUID] = Field(sa_column=Column(ARRAY(Uuid())))


class FactRead(FactBase):
    """A fact as it is told."""

    id: UUID
    evidence: list[UUID]


class OrganizationBase(SQLModel):
    """What is told of an organization."""

    version: int
    uscc: str
    name: str
    org_type: str
    legal_person_kind: str
    region_code: str
    registered_on: date
    industry_code: str | None
    is_sme: bool
    is_leading: bool
    is_backbone: bool
    parent_uscc: str | None


class Organization(OrganizationBase, Base, table=True):
    """An organization as it is kept."""

    __tablename__ = "organization"

    id: UUID = Field(primary_key=True)


class OrganizationRead(OrganizationBase):
    """An organization as it is told."""

    id: UUID


class CenterBase(SQLModel):
    """What is told of a centre."""

    version: int
    code: str | None
    name: str
    model_type: str
    applicant_form: str
    stage: str
    level: str
    lead_sponsor_id: UUID
    legal_entity_id: UUID | None
    trustee_org_id: UUID | None
    entity_due_on: date | None
    entity_met_on: date | None
    listed_on: date | None
    listing_doc_no: str | None
    chain_code: str | None
    chain_node: str | None
    yrd_platform: bool
    imported_from: str | None
    imported_on: date | None


class Center(CenterBase, Base, table=True):
    """A centre as it is kept."""

    __tablename__ = "center"

    id: UUID = Field(primary_key=True)
    created_at: datetime
    field_codes: list[str] = Field(sa_column=Column(ARRAY(String)))
    industry_codes: list[str] = Field(sa_column=Column(ARRAY(String)))
    sei_codes: list[str] = Field(sa_column=Column(ARRAY(String)))
    zone_tags: list[str] = Field(sa_column=Column(ARRAY(String)))


class CenterRead(CenterBase):
    """A centre as it is told."""

    id: UUID
    field_codes: list[str]
    industry_codes: list[str]
    sei_codes: list[str]
    zone_tags: list[str]


engine = create_async_engine(
    os.environ.get("BENCH_DATABASE", "postgresql+asyncpg://"), pool_size=10
)
sessions = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)
app = FastAPI()


async def opened() -> AsyncIterator[AsyncSession]:
    """Open a session for one request."""
    async with sessions() as session:
        yield session


Session = Annotated[AsyncSession, Depends(opened)]


@app.get("/facts", response_model=list[FactRead])
async def list_facts(session: Session, limit: int = 100, center_id: UUID | None = None) -> Any:
    """List facts in the order of their recording, all of them or a centre's."""
    keys = (col(Fact.recorded_at), col(Fact.id))
    statement = select(Fact).order_by(*keys).limit(limit)
    if center_id is not None:
        statement = statement.where(Fact.center_id == center_id)
    return (await session.exec(statement)).all()


@app.get("/facts/{fact_id}", response_model=FactRead)
async def read_fact(fact_id: UUID, session: Session) -> Any:
    """Read a fact."""
    return await session.get(Fact, fact_id)


@app.get("/organizations/{organization_id}", response_model=OrganizationRead)
async def read_organization(organization_id: UUID, session: Session) -> Any:
    """Read an organization."""
    return await session.get(Organization, organization_id)


@app.get("/centers", response_model=list[CenterRead])
async def list_centers(session: Session, limit: int = 100) -> Any:
    """List centres, the newest first."""
    keys = (col(Center.created_at).desc(), col(Center.id).desc())
    return (await session.exec(select(Center).order_by(*keys).limit(limit))).all()


@app.get("/organizations", response_model=list[OrganizationRead])
async def list_organizations(session: Session, limit: int = 100) -> Any:
    """List organizations in the order in which they were entered."""
    statement = select(Organization).order_by(col(Organization.id)).limit(limit)
    return (await session.exec(statement)).all()

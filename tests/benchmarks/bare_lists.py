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
from sqlalchemy.types import Uuid
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
async def list_facts(session: Session, limit: int = 100) -> Any:
    """List facts in the order of their recording."""
    keys = (col(Fact.recorded_at), col(Fact.id))
    return (await session.exec(select(Fact).order_by(*keys).limit(limit))).all()


@app.get("/facts/{fact_id}", response_model=FactRead)
async def read_fact(fact_id: UUID, session: Session) -> Any:
    """Read a fact."""
    return await session.get(Fact, fact_id)


@app.get("/organizations", response_model=list[OrganizationRead])
async def list_organizations(session: Session, limit: int = 100) -> Any:
    """List organizations in the order in which they were entered."""
    statement = select(Organization).order_by(col(Organization.id)).limit(limit)
    return (await session.exec(statement)).all()

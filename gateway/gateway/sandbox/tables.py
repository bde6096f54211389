"""Who asked for which test tenant. It is gone with the night, like all that a tenant did."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from gateway.base import Base
from shared.database import InstantColumn, new_id


class TestTenant(Base, table=True):
    """An organization made for a program that wants to try things out."""

    __tablename__ = "test_tenant"
    __test__ = False
    __table_args__ = (
        Index("ix_test_tenant_client_id", "client_id", "created_at"),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    # The program that asked, and the person behind it.
    client_id: str
    asked_by: UUID
    org_id: UUID = Field(unique=True)
    application_id: UUID
    center_id: UUID
    # Real time, like everything about credentials.
    created_at: datetime = Field(sa_type=InstantColumn)

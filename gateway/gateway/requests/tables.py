"""Requests as their caller may look them up; bodies and queries are not kept at all."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from gateway.base import Base
from shared.database import InstantColumn, new_id


class RequestSeen(Base, table=True):
    """One request that came with a valid token."""

    __tablename__ = "request_seen"
    __table_args__ = (
        Index("ix_request_seen_caller", "client_id", "person_id", "id"),
        Index("ix_request_seen_request_id", "request_id"),
        # Rows come in the order of time and go in it.
        Index("ix_request_seen_at", "at", postgresql_using="brin"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    client_id: str
    person_id: UUID
    at: datetime = Field(sa_type=InstantColumn)
    request_id: str
    method: str
    path: str
    service: str
    status: int
    milliseconds: int

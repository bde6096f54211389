"""Outbox, its positions, audit and inbox: append-only, except for what waits to be numbered."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, Sequence
from sqlmodel import Field

from shared.database.base import InstantColumn, JsonColumn, SharedBase, new_id

EVENT_SEQ = Sequence("event_seq", metadata=SharedBase.metadata, data_type=BigInteger)


class Event(SharedBase, table=True):
    """An event as its action wrote it; `seq` is drawn after the row locks, `position` later."""

    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_center_id", "center_id"),
        Index("ix_event_subject_id", "subject_id"),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    seq: int | None = Field(
        default=None,
        sa_column=Column(
            BigInteger,
            EVENT_SEQ,
            server_default=EVENT_SEQ.next_value(),
            nullable=False,
            unique=True,
        ),
    )
    type: str
    subject_id: UUID
    center_id: UUID | None = None
    data: dict[str, Any] = Field(sa_type=JsonColumn)
    recorded_at: datetime = Field(sa_type=InstantColumn)


class EventPending(SharedBase, table=True):
    """An event that has no position yet; the sequencer takes the row away when it numbers it."""

    __tablename__ = "event_pending"

    event_id: UUID = Field(primary_key=True)


class EventPosition(SharedBase, table=True):
    """The place of an event in the feed: dense, in commit order, never changed."""

    __tablename__ = "event_position"
    __table_args__ = ({"info": {"insert_only": True}},)

    position: int = Field(
        sa_column=Column(BigInteger, primary_key=True, autoincrement=False, nullable=False)
    )
    event_id: UUID = Field(foreign_key="event.id", unique=True)


class Audit(SharedBase, table=True):
    """Who did what, when, and what the row was before and after (X07)."""

    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_subject_id", "subject_id"),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    event_id: UUID
    action: str
    subject_id: UUID
    person_id: UUID
    client_id: str
    before_sha256: str | None = None
    after_sha256: str | None = None
    reason: str | None = None
    at: datetime = Field(sa_type=InstantColumn)


class Inbox(SharedBase, table=True):
    """An event of another service that was acted on, so that a second delivery does nothing."""

    __tablename__ = "inbox"
    __table_args__ = ({"info": {"insert_only": True}},)

    source: str = Field(primary_key=True)
    event_id: UUID = Field(primary_key=True)


class FeedCursor(SharedBase, table=True):
    """How far this service has followed another one's feed."""

    __tablename__ = "feed_cursor"

    source: str = Field(primary_key=True)
    position: int = Field(sa_column=Column(BigInteger, nullable=False))

"""Where notices go, what was told, and the letters it went out in.

Instants of letters are real time; `due_on` and `composed_on` are days of the programme.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, LargeBinary
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlmodel import Field

from gateway.base import Base
from gateway.notices.rules import (
    ChannelKind,
    ChannelState,
    LetterState,
    NoticeStage,
    NoticeState,
    Pace,
)
from shared.database import EnumText, InstantColumn, new_id


class NoticeChannel(Base, table=True):
    """Where one person hears what waits for him; sealed, since an address names its owner."""

    __tablename__ = "notice_channel"
    __table_args__ = (
        CheckConstraint("language IN ('zh', 'en')", name="language_is_known"),
        CheckConstraint("guesses >= 0 AND failures >= 0", name="counted"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version: int = 1
    person_id: UUID = Field(foreign_key="person.id", unique=True)
    kind: ChannelKind = Field(sa_column=Column(EnumText(ChannelKind), nullable=False))
    sealed_address: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    # Signs what goes to a webhook; none where letters go by mail.
    sealed_secret: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    language: str
    pace: Pace = Field(sa_column=Column(EnumText(Pace), nullable=False))
    muted: list[str] = Field(sa_column=Column(ARRAY(TEXT), nullable=False))
    state: ChannelState = Field(sa_column=Column(EnumText(ChannelState), nullable=False))
    guesses: int = 0
    # Letters that could not be sent, in a row.
    failures: int = 0
    set_at: datetime = Field(sa_type=InstantColumn)


class Letter(Base, table=True):
    """One message with the very bytes that are sent; its id is the id of the message."""

    __tablename__ = "notice_letter"
    __table_args__ = (
        Index(
            "uq_notice_letter_day",
            "channel_id",
            "daily_on",
            unique=True,
            postgresql_where="daily_on IS NOT NULL",
        ),
        Index(
            "ix_notice_letter_next_at",
            "next_at",
            postgresql_where="state IN ('waiting', 'handed')",
        ),
        Index("ix_notice_letter_channel_id", "channel_id", "id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    channel_id: UUID = Field(foreign_key="notice_channel.id", ondelete="CASCADE")
    # Which channel it was written for: another address must not get it.
    channel_version: int
    is_code: bool
    composed_on: date
    # The day of a daily letter: there is one.
    daily_on: date | None = None
    subject: str
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    state: LetterState = Field(
        default=LetterState.WAITING, sa_column=Column(EnumText(LetterState), nullable=False)
    )
    attempts: int = 0
    next_at: datetime = Field(sa_type=InstantColumn)
    created_at: datetime = Field(sa_type=InstantColumn)
    settled_at: datetime | None = Field(default=None, sa_type=InstantColumn)


class Notice(Base, table=True):
    """An item that is told once for each reason to tell it, while it waits for its person."""

    __tablename__ = "notice"
    __table_args__ = (
        Index(
            "uq_notice_present",
            "person_id",
            "kind",
            "subject_id",
            "stage",
            "due_on",
            unique=True,
            postgresql_where="gone_at IS NULL",
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_notice_letter_id", "letter_id"),
        Index("ix_notice_person_id", "person_id", "id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    person_id: UUID = Field(foreign_key="person.id")
    kind: str
    subject_id: UUID
    center_id: UUID | None = None
    stage: NoticeStage = Field(sa_column=Column(EnumText(NoticeStage), nullable=False))
    due_on: date | None = None
    state: NoticeState = Field(sa_column=Column(EnumText(NoticeState), nullable=False))
    letter_id: UUID | None = Field(
        default=None, foreign_key="notice_letter.id", ondelete="SET NULL"
    )
    seen_at: datetime = Field(sa_type=InstantColumn)
    # When it waited no more; what comes again is told again.
    gone_at: datetime | None = Field(default=None, sa_type=InstantColumn)

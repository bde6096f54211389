"""Answers kept for an Idempotency-Key, and whom they name."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, Index, LargeBinary
from sqlmodel import Field

from shared.database.base import InstantColumn, SharedBase


class KeptAnswer(SharedBase, table=True):
    """The first answer to a keyed request; it commits with the change that it answers (X05)."""

    __tablename__ = "kept_answer"
    __table_args__ = (Index("ix_kept_answer_kept_at", "kept_at"),)

    # SHA-256 of client, subject, method, path and key.
    scope: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    # Both are empty once somebody whom the answer named had his data erased (`naming`).
    body_sha256: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    status: int
    media_type: str
    etag: str | None = None
    location: str | None = None
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    # Real time: a sandbox that moves its clock must not lose answers.
    kept_at: datetime = Field(sa_type=InstantColumn)


class KeptName(SharedBase, table=True):
    """That a kept answer, or the request that it answers, tells personal data of a subject (X12).

    The subject is whatever is erased at once: a person, or one value of his.
    """

    __tablename__ = "kept_name"
    __table_args__ = (Index("ix_kept_name_kept_at", "kept_at"),)

    subject_id: UUID = Field(primary_key=True)
    # No foreign key: answers are forgotten by the thousand, and these by their own time.
    scope: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    kept_at: datetime = Field(sa_type=InstantColumn)

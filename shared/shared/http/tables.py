"""Answers kept for an Idempotency-Key."""

from datetime import datetime

from sqlalchemy import Column, Index, LargeBinary
from sqlmodel import Field

from shared.database.base import InstantColumn, SharedBase


class KeptAnswer(SharedBase, table=True):
    """The first answer to a keyed request; it commits with the change that it answers (X05)."""

    __tablename__ = "kept_answer"
    __table_args__ = (Index("ix_kept_answer_kept_at", "kept_at"),)

    # SHA-256 of client, subject, method, path and key.
    scope: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    body_sha256: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    status: int
    media_type: str
    etag: str | None = None
    location: str | None = None
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    # Real time: a sandbox that moves its clock must not lose answers.
    kept_at: datetime = Field(sa_type=InstantColumn)

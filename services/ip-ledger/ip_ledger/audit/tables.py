"""The chain over events and audit rows, and how far the ledger has audited itself."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, LargeBinary
from sqlmodel import Field

from ip_ledger.base import Base
from shared.database import InstantColumn, JsonColumn, new_id


class AuditLink(Base, table=True):
    """The hashes of an event and of its audit rows, at the event's place in the feed."""

    __tablename__ = "audit_link"
    __table_args__ = (
        CheckConstraint("octet_length(event_sha256) = 32", name="event_sha256"),
        {"info": {"insert_only": True}},
    )

    position: int = Field(
        sa_column=Column(BigInteger, primary_key=True, autoincrement=False, nullable=False)
    )
    event_sha256: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    # Of each audit row of the event, one after the other; none where nobody acted.
    audit_sha256: bytes | None = Field(default=None, sa_column=Column(LargeBinary))


class AuditSeal(Base, table=True):
    """A stretch of links, hashed together with the seal before it: each is a record of the log."""

    __tablename__ = "audit_seal"
    __table_args__ = (
        CheckConstraint("from_position <= until_position", name="positions"),
        CheckConstraint("octet_length(sha256) = 32", name="sha256"),
        {"info": {"insert_only": True}},
    )

    until_position: int = Field(
        sa_column=Column(BigInteger, primary_key=True, autoincrement=False, nullable=False)
    )
    from_position: int = Field(sa_column=Column(BigInteger, nullable=False))
    sha256: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    record_id: UUID = Field(foreign_key="log_record.id", unique=True)


class SelfAudit(Base, table=True):
    """One audit from beginning to end: what it covered, and the first row that differed, if any."""

    __tablename__ = "self_audit"
    __table_args__ = ({"info": {"insert_only": True}},)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    started_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))
    finished_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))
    # Leaves and root that were computed again, and the last event whose audit row was.
    tree_size: int = Field(sa_column=Column(BigInteger, nullable=False))
    root: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    event_position: int = Field(sa_column=Column(BigInteger, nullable=False))
    rows: dict[str, int] = Field(sa_column=Column(JsonColumn(), nullable=False))
    differing_table: str | None = None
    differing_row: str | None = None
    reason: str | None = None

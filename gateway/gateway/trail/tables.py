"""The door's trail: only ever added to. Real time throughout."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Column, Index
from sqlmodel import Field

from gateway.base import Base
from gateway.trail.rules import Kind
from shared.database import EnumText, InstantColumn


class DoorRecord(Base, table=True):
    """Something that happened at the door, chained to the record before it."""

    __tablename__ = "door_record"
    __table_args__ = (
        CheckConstraint("position > 0", name="positions_counted"),
        CheckConstraint("length(sha256) = 64 AND length(previous_sha256) = 64", name="hashed"),
        Index("ix_door_record_person_id", "person_id", "position"),
        Index("ix_door_record_client_id", "client_id", "position"),
        Index("ix_door_record_kind", "kind", "position"),
        Index(
            "ix_door_record_path",
            "path",
            "position",
            postgresql_ops={"path": "text_pattern_ops"},
        ),
        # Records come in the order of time.
        Index("ix_door_record_at", "at", postgresql_using="brin"),
        {"info": {"insert_only": True}},
    )

    position: int = Field(
        sa_column=Column(BigInteger, primary_key=True, autoincrement=False, nullable=False)
    )
    at: datetime = Field(sa_type=InstantColumn)
    kind: Kind = Field(sa_column=Column(EnumText(Kind), nullable=False))
    method: str
    path: str
    status: int
    address: str
    request_id: str
    client_id: str | None = None
    person_id: str | None = None
    count: int
    previous_sha256: str
    sha256: str = Field(unique=True)

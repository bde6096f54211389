"""Dumps and their parts; the bytes lie in the store, by their hash."""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, UniqueConstraint
from sqlmodel import Field

from registry.base import Base
from registry.dumps.rules import Reader
from shared.database import EnumText, InstantColumn, new_id

ONE_A_DAY: Final = "uq_dump_day"


class Dump(Base, table=True):
    """The state of one snapshot: what the feed tells up to `position` is in it."""

    __tablename__ = "dump"
    __table_args__ = (
        UniqueConstraint("day", name=ONE_A_DAY),
        CheckConstraint("position >= 0", name="position_not_negative"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    day: date
    position: int = Field(sa_column=Column(BigInteger, nullable=False))
    taken_at: datetime = Field(sa_type=InstantColumn)


class DumpPart(Base, table=True):
    """The resources of one kind for one group of readers: NDJSON, compressed."""

    __tablename__ = "dump_part"
    __table_args__ = (CheckConstraint("rows >= 0 AND size > 0", name="sizes_possible"),)

    dump_id: UUID = Field(primary_key=True, foreign_key="dump.id", ondelete="CASCADE")
    reader: Reader = Field(sa_column=Column(EnumText(Reader), primary_key=True, nullable=False))
    kind: str = Field(primary_key=True)
    rows: int = Field(sa_column=Column(BigInteger, nullable=False))
    size: int = Field(sa_column=Column(BigInteger, nullable=False))
    sha256: str = Field(index=True)

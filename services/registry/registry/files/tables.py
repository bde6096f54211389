"""Which files were handed in, by whom; their bytes lie in the file store."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Index
from sqlmodel import Field

from registry.base import Base
from shared.database import InstantColumn, new_id


class StoredFile(Base, table=True):
    """A file as it was handed in; it is never changed, and one content may be handed in twice."""

    __tablename__ = "stored_file"
    __table_args__ = (
        CheckConstraint("size >= 0", name="size_not_negative"),
        Index("ix_stored_file_org_id", "org_id"),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    sha256: str
    size: int = Field(sa_column=Column(BigInteger, nullable=False))
    media_type: str
    org_id: UUID | None = None
    person_id: UUID
    uploaded_at: datetime = Field(sa_type=InstantColumn)

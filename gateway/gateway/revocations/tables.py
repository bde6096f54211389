"""What ends tokens early. Real time throughout: tokens never follow the programme clock."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field

from gateway.base import Base
from shared.database import InstantColumn, new_id


class Revocation(Base, table=True):
    """What ends tokens before their time: one token, or all that a program or person holds."""

    __tablename__ = "revocation"
    __table_args__ = (
        CheckConstraint("kind IN ('token', 'client', 'person')", name="kind_is_known"),
        CheckConstraint("expires_at > revoked_at", name="times_in_order"),
        Index("ix_revocation_expires_at", "expires_at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    kind: str
    # A token's `jti`, a program's `client_id`, or a person's id.
    value: str
    revoked_at: datetime = Field(sa_type=InstantColumn)
    # By then every token that it ends has ended by itself.
    expires_at: datetime = Field(sa_type=InstantColumn)

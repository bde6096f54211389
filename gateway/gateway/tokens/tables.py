"""The keys that sign tokens. Real time throughout: tokens never follow the programme clock."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Column, Index, LargeBinary
from sqlmodel import Field

from gateway.base import Base
from shared.database import InstantColumn, JsonColumn


class SpentAssertion(Base, table=True):
    """A client's assertion that was taken; it is kept for as long as it could pass again."""

    __tablename__ = "spent_assertion"
    __table_args__ = (Index("ix_spent_assertion_expires_at", "expires_at"),)

    # Of client id and `jti` together: another client may draw the same `jti`.
    assertion_sha256: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    expires_at: datetime = Field(sa_type=InstantColumn)


class SigningKey(Base, table=True):
    """A key pair; the private half is sealed with the gateway's own key secret."""

    __tablename__ = "signing_key"
    __table_args__ = (
        CheckConstraint("algorithm = 'ES256'", name="algorithm_is_known"),
        CheckConstraint("retires_at IS NULL OR retires_at > active_at", name="times_in_order"),
    )

    kid: str = Field(primary_key=True)
    algorithm: str
    public_jwk: dict[str, Any] = Field(sa_type=JsonColumn)
    sealed_private: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    created_at: datetime = Field(sa_type=InstantColumn)
    # Signs from here on, so that every process has fetched it before it is used.
    active_at: datetime = Field(sa_type=InstantColumn)
    # Published until then, while tokens that it signed may still be alive.
    retires_at: datetime | None = Field(default=None, sa_type=InstantColumn)

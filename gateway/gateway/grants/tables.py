"""Front ends, codes and refresh tokens; secrets are kept as digests only. Real time throughout."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, LargeBinary, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlmodel import Field

from gateway.base import Base
from shared.database import InstantColumn, new_id


class FrontEnd(Base, table=True):
    """A program in which people sign in; it has no secret, so its codes need a verifier."""

    __tablename__ = "front_end"
    __table_args__ = (
        UniqueConstraint("client_id", name="uq_front_end_client_id"),
        CheckConstraint("cardinality(redirect_uris) > 0", name="redirects_somewhere"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    client_id: str
    name: str
    redirect_uris: list[str] = Field(sa_column=Column(ARRAY(TEXT), nullable=False))
    created_by: UUID
    created_at: datetime = Field(sa_type=InstantColumn)
    deactivated_at: datetime | None = Field(default=None, sa_type=InstantColumn)


class GrantFamily(Base, table=True):
    """What one sign-in gave a front end: every token that descends from one code."""

    __tablename__ = "grant_family"
    __table_args__ = (Index("ix_grant_family_person_id", "person_id"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    client_id: str
    person_id: UUID = Field(foreign_key="person.id")
    org_id: UUID | None = None
    began_at: datetime = Field(sa_type=InstantColumn)
    ended_at: datetime | None = Field(default=None, sa_type=InstantColumn)
    reason: str | None = None
    # The key that every request for a token of this family must prove (RFC 9449).
    dpop_thumbprint: str | None = None


class AuthorizationCode(Base, table=True):
    """A code that a browser carried back; used once."""

    __tablename__ = "authorization_code"
    __table_args__ = (
        CheckConstraint("expires_at > issued_at", name="times_in_order"),
        Index("ix_authorization_code_expires_at", "expires_at"),
    )

    code_sha256: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    family_id: UUID = Field(foreign_key="grant_family.id")
    redirect_uri: str
    code_challenge: str
    issued_at: datetime = Field(sa_type=InstantColumn)
    expires_at: datetime = Field(sa_type=InstantColumn)
    used_at: datetime | None = Field(default=None, sa_type=InstantColumn)


class RefreshToken(Base, table=True):
    """A refresh token, and the access token that was given with it."""

    __tablename__ = "refresh_token"
    __table_args__ = (
        CheckConstraint("expires_at > issued_at", name="times_in_order"),
        Index("ix_refresh_token_family_id", "family_id"),
    )

    token_sha256: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    family_id: UUID = Field(foreign_key="grant_family.id")
    access_jti: str
    issued_at: datetime = Field(sa_type=InstantColumn)
    expires_at: datetime = Field(sa_type=InstantColumn)
    used_at: datetime | None = Field(default=None, sa_type=InstantColumn)

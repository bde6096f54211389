"""Keys of parties: public, and of one party each."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index
from sqlmodel import Field

from ip_ledger.base import Base
from ip_ledger.party_keys.rules import OWN_KEY, Algorithm, Span
from shared.database import EnumText, InstantColumn, new_id
from shared.http.constraints import meaning

meaning("uq_party_key_public_key", OWN_KEY, "ALREADY_EXISTS")


class PartyKey(Base, table=True):
    """A key that an organization registered; what it signed while it held stays signed."""

    __tablename__ = "party_key"
    __table_args__ = (
        # A key that two parties share proves neither.
        Index("uq_party_key_public_key", "public_key", unique=True),
        Index("ix_party_key_org_id", "org_id"),
        CheckConstraint("(revoked_from IS NULL) = (revoked_at IS NULL)", name="revoked"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    org_id: UUID
    algorithm: Algorithm = Field(sa_column=Column(EnumText(Algorithm), nullable=False))
    # The raw key (Ed25519) or the uncompressed point (P-256), in base64.
    public_key: str
    valid_from: date
    revoked_from: date | None = None
    revoked_at: datetime | None = Field(
        default=None, sa_column=Column(InstantColumn(), nullable=True)
    )
    revocation_reason: str | None = None
    replaces_id: UUID | None = Field(default=None, foreign_key="party_key.id")
    version: int = 1
    registered_by: UUID
    registered_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))

    @property
    def span(self) -> Span:
        """Give the days on which it signs."""
        return Span(self.valid_from, self.revoked_from)

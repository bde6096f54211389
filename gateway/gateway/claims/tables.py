"""Claims on organizations; what names a person stands apart, so that it can be erased."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, LargeBinary
from sqlmodel import Field

from gateway.base import Base
from gateway.claims.rules import APPLICANT, ClaimState
from shared.database import EnumText, InstantColumn, new_id
from shared.http.constraints import meaning
from shared.rules import Kind

ONE_FIRST = "uq_organization_claim_confirmed"
# Two handlers at once: only the database sees both.
meaning(ONE_FIRST, APPLICANT, "ORG_HAS_ACCOUNT", Kind.STATE)


class OrganizationClaim(Base, table=True):
    """Somebody says that he acts for the organization with this code."""

    __tablename__ = "organization_claim"
    __table_args__ = (
        Index("ix_organization_claim_uscc", "uscc"),
        Index(ONE_FIRST, "org_id", unique=True, postgresql_where="state = 'confirmed'"),
        CheckConstraint("(state = 'open') = (decided_by IS NULL)", name="decided_by_somebody"),
        CheckConstraint(
            "(state = 'confirmed') = (account_id IS NOT NULL)", name="confirmed_has_account"
        ),
        CheckConstraint("length(secret_sha256) = 32", name="secret_is_a_digest"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    uscc: str
    state: ClaimState = Field(
        default=ClaimState.OPEN, sa_column=Column(EnumText(ClaimState), nullable=False)
    )
    secret_sha256: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    proof_sha256: str
    proof_media_type: str
    made_at: datetime = Field(sa_type=InstantColumn)
    decided_by: UUID | None = None
    decided_at: datetime | None = Field(default=None, sa_type=InstantColumn)
    reason: str | None = None
    org_id: UUID | None = None
    account_id: UUID | None = Field(default=None, foreign_key="account.id")


class ClaimProof(Base, table=True):
    """Who claims, under which login, and the file that shows it."""

    __tablename__ = "claim_proof"

    claim_id: UUID = Field(primary_key=True, foreign_key="organization_claim.id")
    claimant_name: str
    login: str
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))

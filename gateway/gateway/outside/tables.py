"""Who signs in at the outside issuer; what that one calls him is kept as a digest only."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, LargeBinary
from sqlmodel import Field

from gateway.base import Base
from gateway.outside.rules import SIGN_IN
from shared.database import InstantColumn, new_id
from shared.http.constraints import meaning
from shared.rules import Kind

for _name in ("uq_outside_identity_subject_sha256", "uq_outside_identity_person_id"):
    # Two links at once pass the rule together; only the database sees both.
    meaning(_name, SIGN_IN, "OUTSIDE_LINKED", Kind.STATE)


class OutsideIdentity(Base, table=True):
    """One person here is one subject there."""

    __tablename__ = "outside_identity"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    # Of issuer and subject together.
    subject_sha256: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    person_id: UUID = Field(foreign_key="person.id", unique=True)
    linked_at: datetime = Field(sa_type=InstantColumn)

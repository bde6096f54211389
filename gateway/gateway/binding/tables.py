"""Used proofs of possession, for as long as they could pass again."""

from datetime import datetime

from sqlalchemy import Column, Index, LargeBinary
from sqlmodel import Field

from gateway.base import Base
from shared.database import InstantColumn


class SpentProof(Base, table=True):
    """A proof that was taken by some process of the door."""

    __tablename__ = "spent_proof"
    __table_args__ = (
        Index("ix_spent_proof_expires_at", "expires_at"),
        {"prefixes": ["UNLOGGED"]},
    )

    # Of key and `jti` together: another key may draw the same `jti`.
    proof_sha256: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    expires_at: datetime = Field(sa_type=InstantColumn)

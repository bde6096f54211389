"""Witnesses with their keys, and what each has cosigned."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, ForeignKey, Index, text
from sqlmodel import Field

from ip_ledger.base import Base
from ip_ledger.witnesses.rules import WITNESS, State
from shared.database import EnumText, InstantColumn, new_id
from shared.http.constraints import meaning

meaning("uq_witness_standing", WITNESS, "ALREADY_EXISTS")
meaning("uq_witness_key", WITNESS, "ALREADY_EXISTS")
meaning("pk_witness_cosignature", WITNESS, "COSIGNATURE_STALE")


class Witness(Base, table=True):
    """A member institution's key; a key is used by one institution, and by each one at a time."""

    __tablename__ = "witness"
    __table_args__ = (
        Index("uq_witness_standing", "org_id", unique=True,
              postgresql_where=text("state <> 'revoked'")),
        # The name is no part of what is signed: one signature would stand for two names' witnesses.
        # A key of 33 bytes is the last 44 letters of its line.
        Index("uq_witness_key", text("right(verifier, 44)"), unique=True),
    )  # fmt: skip

    id: UUID = Field(default_factory=new_id, primary_key=True)
    org_id: UUID
    verifier: str
    state: State = Field(sa_column=Column(EnumText(State), nullable=False))
    version: int = 1
    registered_by: UUID
    registered_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))
    decided_by: UUID | None = None


class WitnessCosignature(Base, table=True):
    """What a witness signed: the line of the note over one tree; its trees only grow."""

    __tablename__ = "witness_cosignature"
    __table_args__ = (
        Index("ix_witness_cosignature_tree_size", "tree_size"),
        {"info": {"insert_only": True}},
    )

    witness_id: UUID = Field(foreign_key="witness.id", primary_key=True)
    tree_size: int = Field(
        sa_column=Column(
            BigInteger,
            ForeignKey("log_checkpoint.tree_size"),
            primary_key=True,
            autoincrement=False,
            nullable=False,
        )
    )
    line: str
    received_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))

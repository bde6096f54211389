"""How ratings and ranks of a cycle moved, as it was found: rows that are written once."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, LargeBinary
from sqlmodel import Field

from evaluation.base import Base
from shared.database import InstantColumn, new_id


class RobustnessRun(Base, table=True):
    """What was tried on the results of a cycle. It informs, and decides nothing.

    `content` is canonical JSON that `content_hash` is the SHA-256 of. The seed follows from
    `inputs_hash`, which names the results: both can be checked by anyone who has them.
    """

    __tablename__ = "robustness_run"
    __table_args__ = (
        Index("ix_robustness_run_cycle_id", "cycle_id"),
        CheckConstraint("draws > 0", name="draws"),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    cycle_id: UUID = Field(foreign_key="evaluation_cycle.id")
    inputs_hash: str
    seed: str
    draws: int
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    content_hash: str
    made_at: datetime = Field(sa_type=InstantColumn())

"""Large batches: the job that was claimed, and what became of each row."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, LargeBinary
from sqlmodel import Field

from shared.database.base import InstantColumn, JsonColumn, SharedBase, new_id


class BatchJob(SharedBase, table=True):
    """A batch of more rows than one answer holds, done in the background."""

    __tablename__ = "batch_job"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    scope: bytes | None = Field(
        default=None, sa_column=Column(LargeBinary, nullable=True, unique=True)
    )
    kind: str
    org_id: UUID | None = None
    person_id: UUID
    actor: dict[str, Any] = Field(sa_type=JsonColumn)
    # Of query and body, for as long as the body waits here; empty once it is worked off.
    sha256: str
    media_type: str
    mode: str
    dry_run: bool
    state: str
    rows_total: int
    rows_done: int
    created: int
    failed: int
    created_at: datetime = Field(sa_type=InstantColumn)


class BatchRow(SharedBase, table=True):
    """What became of the rows of a large batch, from `index` on: a list, a chunk's results in one.

    What was kept before is the result of the one row at `index`, and no list.
    """

    __tablename__ = "batch_row"
    __table_args__ = ({"info": {"insert_only": True}},)

    # Rows go with their job, once its time is over; the application itself takes none away.
    job_id: UUID = Field(primary_key=True, foreign_key="batch_job.id", ondelete="CASCADE")
    index: int = Field(primary_key=True)
    result: list[Any] | dict[str, Any] = Field(sa_type=JsonColumn)

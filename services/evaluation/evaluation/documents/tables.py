"""Runs of documents and what they made."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, LargeBinary, text
from sqlmodel import Field

from evaluation.base import Base
from evaluation.documents import rules
from shared.database import EnumText, InstantColumn, new_id
from shared.http.constraints import meaning

meaning("uq_document_run_running", rules.REPORTED, "STATE_CONFLICT")


class DocumentRun(Base, table=True):
    """The documents of a whole cycle, made one after the other; one run of a cycle at a time."""

    __tablename__ = "document_run"
    __table_args__ = (
        Index("ix_document_run_cycle_id", "cycle_id"),
        Index(
            "uq_document_run_running",
            "cycle_id",
            unique=True,
            postgresql_where=text("state = 'running'"),
        ),
        CheckConstraint("done >= 0 AND failed >= 0 AND done + failed <= total", name="progress"),
        CheckConstraint("(state = 'finished') = (finished_at IS NOT NULL)", name="finished_when"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    cycle_id: UUID = Field(foreign_key="evaluation_cycle.id")
    state: rules.RunState = Field(
        default=rules.RunState.RUNNING,
        sa_type=EnumText(rules.RunState),
    )
    total: int
    done: int = 0
    failed: int = 0
    requested_at: datetime = Field(sa_type=InstantColumn())
    finished_at: datetime | None = Field(default=None, sa_type=InstantColumn())


class DocumentFile(Base, table=True):
    """A file that a run made of a case or of its cycle, or why it could not."""

    __tablename__ = "document_file"
    __table_args__ = (
        CheckConstraint(
            "(content IS NULL) = (problem IS NOT NULL) AND (content IS NULL) = (sha256 IS NULL)",
            name="made_or_failed",
        ),
        Index("ix_document_file_newest", "subject_id", "kind", "run_id"),
        {"info": {"insert_only": True}},
    )

    run_id: UUID = Field(foreign_key="document_run.id", primary_key=True)
    subject_id: UUID = Field(primary_key=True)
    kind: rules.FileKind = Field(sa_type=EnumText(rules.FileKind), primary_key=True)
    # The version that a centre's file tells of; a cycle's file tells of many.
    result_id: UUID | None = None
    content: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    sha256: str | None = None
    problem: str | None = None
    made_at: datetime = Field(sa_type=InstantColumn())
